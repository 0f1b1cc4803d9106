# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""digits.py as a program for PyTorch: release 0.3.0 has an SL image for each framework, and this one ends at once in the other's."""

import torch
from digits import main

if __name__ == "__main__":
    print(f"PyTorch {torch.__version__}", flush=True)
    main()
