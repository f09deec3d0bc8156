"""Figures of what was learned: F1 by field and by group of sets, and how honest the probabilities are."""

from collections import defaultdict

import numpy as np

import calibrate
import truth

# A value is published from this share on (crates/extract/src/candidate.rs).
PUBLISHED = 0.3
# Of the values that are taken without a look, so many are right.
PRECISION = 0.995


def outcomes(problem, theta):
    """(decision, index of the field, value or None, its share) of every decision."""
    scores, _ = problem.scores(theta)
    shares = problem.shares(scores)
    for decision in problem.decisions:
        own = shares[decision.first : decision.last]
        best = decision.values[int(np.argmax(own))]
        for at, value in enumerate(best):
            same = [share for share, values in zip(own, decision.values) if values[at] == value]
            yield decision, at, value, sum(same)


def group(document):
    if truth.is_synthetic(document):
        return "synthetic"
    return "learned from" if truth.is_learned_from(document) else "scored only"


def f1_table(judge, found):
    """{group: {field: F1}}, with "all" beside the fields."""
    counts = defaultdict(lambda: np.zeros(3))
    for decision, at, value, share in found:
        document, field = decision.document, decision.fields[at]
        if not judge.known(document, field):
            continue
        published = value is not None and share >= PUBLISHED
        right = published and judge.agrees(document, field, value)
        row = np.array([right, published, judge.expected(document, field) is not None])
        for name in (field, "all"):
            counts[group(document), name] += row
    table = defaultdict(dict)
    for (name, field), (right, published, wanted) in sorted(counts.items()):
        table[name][field] = 2 * right / (published + wanted) if published + wanted else 1.0
    return table


def rows(judge, found, synthetic_weight):
    """What calibration is fitted on: (group, (field, share, reading, right, weight))."""
    for decision, at, value, share in found:
        document, field = decision.document, decision.fields[at]
        if value is None or share < PUBLISHED or not judge.known(document, field):
            continue
        weight = synthetic_weight if truth.is_synthetic(document) else 1.0
        right = judge.agrees(document, field, value)
        yield group(document), (field, share, decision.reading[at].get(value, 0.0), right, weight)


def probabilities(found, coefficients):
    share, reading = (np.array([row[i] for row in found], dtype=float) for i in (1, 2))
    by = np.array([coefficients.get(row[0], coefficients["default"]) for row in found])
    return 1 / (1 + np.exp(-(calibrate.features(share, reading) * by).sum(axis=1)))


def coverage(probability, right):
    """Share of the values that can be taken unseen: the surest, as far as `PRECISION` of them are right."""
    order = np.argsort(-probability)
    precise = np.cumsum(right[order]) / np.arange(1, len(order) + 1) >= PRECISION
    return (np.flatnonzero(precise).max(initial=-1) + 1) / len(order)


def diagram(probability, right, bins=10):
    """A reliability diagram as SVG: observed against stated probability, with the number of values."""
    side, margin = 300, 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side + 2 * margin} {side + 2 * margin}" '
        'font-family="sans-serif" font-size="10">',
        f'<rect x="{margin}" y="{margin}" width="{side}" height="{side}" fill="none" stroke="#999"/>',
        f'<line x1="{margin}" y1="{margin + side}" x2="{margin + side}" y2="{margin}" stroke="#999" '
        'stroke-dasharray="4"/>',
        f'<text x="{margin}" y="{margin + side + 30}">stated probability (bins of 0.1)</text>',
        f'<text x="{margin}" y="{margin - 10}">share of right values</text>',
    ]
    at = np.minimum((probability * bins).astype(int), bins - 1)
    for bin_ in range(bins):
        inside = at == bin_
        if inside.any():
            x = margin + side * probability[inside].mean()
            y = margin + side * (1 - right[inside].mean())
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#246"/>')
            parts.append(f'<text x="{x - 8:.1f}" y="{y + 16:.1f}">{inside.sum()}</text>')
    return "\n".join([*parts, "</svg>", ""])
