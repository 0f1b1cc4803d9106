# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recognise handwritten digits with a swarm in which no node has seen them all.

The data is scikit-learn's own copy of the UCI "Optical Recognition of Handwritten Digits" set: 1797 images of 8 x 8 pixels. A
quarter of them, with all ten digits, is the test set that every node measures with. Of the rest each node has only its own digits
(four nodes: 0 4 8, 1 5 9, 2 6, 3 7). The program trains twice from the same start: alone, for comparison, then with the swarm.

Environment: MODEL_DIR (where saved_models/ goes), MAX_EPOCHS, MIN_PEERS, NODES (how many) and NODE_INDEX (0, 1, …; without it the host
name decides: ml-1 is the first).
"""

from __future__ import annotations

import json
import logging
import os
import re
import socket
import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from swarmlearning.pyt import SwarmCallback

DIGITS = 10
HIDDEN = 64
BATCH = 32
SYNC_FREQUENCY = 3
SEED = 1


class Network:
    """A multilayer perceptron with one hidden layer, trained by gradient descent with momentum on the cross entropy."""

    def __init__(self, inputs, hidden, outputs, rate=0.1, momentum=0.9):
        random = np.random.default_rng(SEED)  # the same start on all nodes: merging needs it
        self._parameters = {
            "hidden.weight": random.normal(0, np.sqrt(2 / inputs), (inputs, hidden)),
            "hidden.bias": np.zeros(hidden),
            "output.weight": random.normal(0, np.sqrt(1 / hidden), (hidden, outputs)),
            "output.bias": np.zeros(outputs),
        }
        self._velocity = {name: np.zeros_like(value) for name, value in self._parameters.items()}
        self._rate, self._momentum = rate, momentum

    def state_dict(self):
        """The parameters: name to array."""
        return {name: value.copy() for name, value in self._parameters.items()}

    def load_state_dict(self, state):
        """Take parameters as state_dict gives them."""
        for name, value in self._parameters.items():
            value[...] = state[name]

    def _forward(self, images):
        layer = np.maximum(images @ self._parameters["hidden.weight"] + self._parameters["hidden.bias"], 0)
        return layer, layer @ self._parameters["output.weight"] + self._parameters["output.bias"]

    def train_batch(self, images, labels):
        """One step of gradient descent."""
        layer, scores = self._forward(images)
        error = np.exp(scores - scores.max(axis=1, keepdims=True))
        error /= error.sum(axis=1, keepdims=True)
        error[np.arange(len(labels)), labels] -= 1
        error /= len(labels)
        back = (error @ self._parameters["output.weight"].T) * (layer > 0)
        gradient = {
            "hidden.weight": images.T @ back,
            "hidden.bias": back.sum(axis=0),
            "output.weight": layer.T @ error,
            "output.bias": error.sum(axis=0),
        }
        for name in self._parameters:
            self._velocity[name] = self._momentum * self._velocity[name] - self._rate * gradient[name]
            self._parameters[name] += self._velocity[name]

    def evaluate(self, images, labels, batch_size=None, verbose=0):
        """The mean cross entropy of all images: what the callback measures the merged model with."""
        scores = self._forward(images)[1]
        shifted = scores - scores.max(axis=1, keepdims=True)
        return float((np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(labels)), labels]).mean())

    def accuracy(self, images, labels):
        """The share of images, from 0 to 1, that are recognised."""
        return float((self._forward(images)[1].argmax(axis=1) == labels).mean())


def whole_number(name, default, least):
    """A whole number of the environment; a clear end when it is none."""
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or int(text) < least:
        sys.exit(f"{name}={text} is not a whole number of {least} or more")
    return int(text)


def node_index():
    """Which node this is, from 0: NODE_INDEX, or from a host name such as ml-1 (the first)."""
    numbered = re.fullmatch(r"ml-([1-9]\d*)", socket.gethostname())
    return whole_number("NODE_INDEX", int(numbered[1]) - 1 if numbered else "unset", 0)


def shard(labels, index, nodes):
    """Which samples are the node's: those of every NODES-th digit; more than ten nodes share a digit's samples."""
    groups = min(nodes, DIGITS)
    mine = np.flatnonzero(labels % groups == index % groups)
    return mine[index // groups :: len(range(index % groups, nodes, groups))]


def train(network, images, labels, epochs, swarm=None):
    """Train for some epochs; with a swarm, its callback gets every batch and epoch."""
    random = np.random.default_rng(SEED)
    for epoch in range(epochs):
        order = random.permutation(len(labels))
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            network.train_batch(images[batch], labels[batch])
            if swarm:
                swarm.on_batch_end()
        if swarm:
            swarm.on_epoch_end(epoch)


def main():
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s : %(name)s : %(levelname)s : %(message)s")
    log = logging.getLogger("digits")
    epochs, min_peers = whole_number("MAX_EPOCHS", 10, 1), whole_number("MIN_PEERS", 2, 1)
    nodes, index = whole_number("NODES", 4, 1), node_index()
    if index >= nodes:
        sys.exit(f"NODE_INDEX={index} must be below NODES={nodes}")
    saved = Path(os.environ.get("MODEL_DIR", ".")) / "saved_models"
    saved.mkdir(parents=True, exist_ok=True)  # early: a directory that cannot be written is known before the training

    images, labels = load_digits(return_X_y=True)
    images = images / 16
    images, test_images, labels, test_labels = train_test_split(images, labels, test_size=0.25, random_state=SEED, stratify=labels)
    own = shard(labels, index, nodes)
    images, labels = images[own], labels[own]
    digits = sorted({int(label) for label in labels})
    log.info("node %d of %d has %d images, of the digits %s", index, nodes, len(labels), " ".join(map(str, digits)))

    alone = Network(images.shape[1], HIDDEN, DIGITS)
    train(alone, images, labels, epochs)
    accuracy_alone = alone.accuracy(test_images, test_labels)
    log.info("accuracy alone %.2f", accuracy_alone)

    network = Network(images.shape[1], HIDDEN, DIGITS)
    contract = os.environ.get("TRAINING_CONTRACT", "defaultbb.cqdb.sml.hpe")
    swarm = SwarmCallback(
        syncFrequency=SYNC_FREQUENCY,
        minPeers=min_peers,
        model=network,
        totalEpochs=epochs,
        trainingContract=contract,
        adsValData=(test_images, test_labels),
    )
    swarm.on_train_begin()
    train(network, images, labels, epochs, swarm)
    swarm.on_train_end()
    accuracy = network.accuracy(test_images, test_labels)
    log.info("accuracy with the swarm %.2f", accuracy)

    name = f"digits-{index}"
    np.savez(saved / f"{name}.npz", **network.state_dict())
    result = {
        "node": index,
        "nodes": nodes,
        "host": socket.gethostname(),
        "digits": digits,
        "images": len(labels),
        "epochs": epochs,
        "accuracy_alone": accuracy_alone,
        "accuracy_swarm": accuracy,
    }
    (saved / f"{name}.result.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    log.info("saved %s.npz and %s.result.json in %s", name, name, saved)


if __name__ == "__main__":
    main()
