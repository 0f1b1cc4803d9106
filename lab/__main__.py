# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m lab up|down|status|images|spire|engine`."""

from lab import binaries, engine, images
c = engine.ensure()
b = images.base(c)
print(images.registry(c,b), images.host(c,b))
print(images.spire(c,b,binaries.build()))
n=images.numpy(c,b)
print(images.ml_python(c,n))
