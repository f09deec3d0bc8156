"""Decisions as arrays: candidates, the values they stand for, and the combinations of values.

A candidate's score is the sum of its clues' weights. A value's score is that of its best candidate, a
combination's the sum of its values' scores and of its own clues' weights; no value scores 0. The
probability of a combination is its share of exp(score) among all of its decision.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

# The section of what values say together, by the number of fields that are decided together.
TOGETHER = {3: "totals", 2: "parties"}
BIAS = "bias"


class Parameters:
    """Names of all weights: section and clue."""

    def __init__(self):
        self.index = {}

    def of(self, section, clue):
        return self.index.setdefault((section, clue), len(self.index))

    def __len__(self):
        return len(self.index)


@dataclass
class Rows:
    """A sparse matrix that grows by rows."""

    data: list = field(default_factory=list)
    columns: list = field(default_factory=list)
    starts: list = field(default_factory=lambda: [0])

    def add(self, entries):
        for column, size in entries:
            self.columns.append(column)
            self.data.append(size)
        self.starts.append(len(self.data))
        return len(self.starts) - 2

    def matrix(self, width):
        return sparse.csr_matrix((self.data, self.columns, self.starts), shape=(len(self.starts) - 1, width))


@dataclass
class Decision:
    """Where a decision's combinations lie, and what is right."""

    document: dict
    fields: list
    first: int
    last: int
    values: list
    weight: float
    reading: list


class Problem:
    def __init__(self, judge):
        self.judge, self.parameters = judge, Parameters()
        self.candidates, self.together = Rows(), Rows()
        self.value_of = []
        self.values = 0
        self.picks = []
        self.right = []
        self.decisions = []

    def add(self, document, decision, weight):
        """Adds what was decided on a document, unless nothing is known of the fields."""
        fields = decision["fields"]
        if not any(self.judge.known(document, f) for f in fields):
            return
        groups = [{} for _ in fields]
        reading = [{} for _ in fields]
        for option in sorted(decision["options"], key=lambda o: o["field"]):
            self.add_candidate(fields, groups, reading, option)
        combinations = decision["combinations"] or [{"values": [None], "clues": []}] + [
            {"values": [value], "clues": []} for value in groups[0]
        ]
        first = len(self.picks)
        values = []
        for combination in combinations:
            keys = [self.key(f, v) for f, v in zip(fields, combination["values"])]
            values.append(keys)
            self.picks.append([-1 if k is None else g[k] for k, g in zip(keys, groups)] + [-1] * (3 - len(fields)))
            section = TOGETHER.get(len(fields), "")
            self.together.add((self.parameters.of(section, clue), size) for clue, size in combination["clues"])
        self.right.extend(self.best(document, fields, values))
        self.decisions.append(Decision(document, fields, first, len(self.picks), values, weight, reading))

    def key(self, name, value):
        return None if value is None else self.judge.key(name, value) or value

    def add_candidate(self, fields, groups, reading, option):
        name = fields[option["field"]]
        section = option["value"] if name == "kind" else name
        key = self.key(name, option["value"])
        group = groups[option["field"]]
        if key not in group:
            group[key] = self.values
            self.values += 1
        entries = [(self.parameters.of(section, BIAS), 1.0)]
        entries += [(self.parameters.of(section, clue), size) for clue, size in option["clues"]]
        self.candidates.add(entries)
        self.value_of.append(group[key])
        reading[option["field"]][key] = max(reading[option["field"]].get(key, 0.0), option["reading"])

    def best(self, document, fields, values):
        """Marks the combinations without a wrong value that hold the most right ones. Where the page shows
        a value that is not among the candidates, nothing can be learned of the choice between them."""
        known = [self.judge.known(document, f) for f in fields]
        verdicts = {}

        def points(keys):
            sum_ = 0
            for name, key, is_known in zip(fields, keys, known):
                if is_known and key is not None:
                    if (name, key) not in verdicts:
                        verdicts[name, key] = self.judge.agrees(document, name, key)
                    if not verdicts[name, key]:
                        return -1
                    sum_ += 1
            return sum_

        for at, name in enumerate(fields):
            if known[at] and self.judge.expected(document, name) is not None:
                shown = {keys[at] for keys in values} - {None}
                known[at] = any(self.judge.agrees(document, name, key) for key in shown)
        scores = [points(keys) for keys in values]
        top = max(scores)
        return [score == top and top >= 0 for score in scores]

    def ready(self):
        """Builds the arrays once everything is added."""
        width = len(self.parameters)
        self.x, self.z = self.candidates.matrix(width), self.together.matrix(width)
        self.value_of = np.array(self.value_of)
        self.picks, self.right = np.array(self.picks), np.array(self.right)
        self.starts = np.array([d.first for d in self.decisions])
        self.decision_of = np.repeat(np.arange(len(self.decisions)), [d.last - d.first for d in self.decisions])
        self.weights = np.array([d.weight for d in self.decisions])
        return self

    def scores(self, theta):
        """Scores of all combinations, and the best candidate of each value."""
        scores = self.x @ theta
        best = np.full(self.values, -np.inf)
        np.maximum.at(best, self.value_of, scores)
        champion = np.zeros(self.values, dtype=int)
        is_best = scores >= best[self.value_of]
        champion[self.value_of[is_best]] = np.flatnonzero(is_best)
        padded = np.append(best, 0.0)
        return padded[self.picks].sum(axis=1) + self.z @ theta, champion

    def shares(self, scores):
        """Each combination's probability within its decision."""
        top = np.maximum.reduceat(scores, self.starts)[self.decision_of]
        share = np.exp(scores - top)
        return share / np.add.reduceat(share, self.starts)[self.decision_of]

    def loss(self, theta, weights):
        """The weighted negative log-likelihood of what is right, and its gradient."""
        scores, champion = self.scores(theta)
        share = self.shares(scores)
        right = np.where(self.right, share, 0.0)
        hit = np.add.reduceat(right, self.starts)
        usable = hit > 0
        w = np.where(usable, weights, 0.0)
        loss = -(w * np.log(np.maximum(hit, 1e-300))).sum()
        posterior = right / np.maximum(hit, 1e-300)[self.decision_of]
        delta = w[self.decision_of] * (share - posterior)
        by_value = np.zeros(self.values + 1)
        np.add.at(by_value, self.picks, delta[:, None])
        gradient = self.x[champion].T @ by_value[:-1] + self.z.T @ delta
        return loss, gradient
