"""Weights that make what is right most probable, near those that were set by hand."""

import numpy as np
from scipy.optimize import minimize

# Standard deviation of a weight around its prior, in log-odds: hand-set weights are right within a factor
# of about seven, and few documents shall not move them further.
SPREAD = 1.5
# Enough for the last digits not to change.
ITERATIONS = 150


def priors(parameters, sections):
    """The hand-set weight of each parameter; a section falls back on `default`, what it leaves out is 0."""
    default = sections.get("default", {})
    return np.array([sections.get(s, {}).get(clue, default.get(clue, 0.0)) for s, clue in parameters.index])


def fit(problem, prior, weights):
    """The most probable weights; `weights` say how much each decision counts."""

    def objective(theta):
        loss, gradient = problem.loss(theta, weights)
        off = (theta - prior) / SPREAD**2
        return loss + 0.5 * (off * (theta - prior)).sum(), gradient + off

    return minimize(objective, prior, jac=True, method="L-BFGS-B", options={"maxiter": ITERATIONS}).x


def folds(documents, count):
    """A fold for each layout, so that none is learned from and judged by."""
    layouts = sorted({d["layout"] for d in documents})
    order = np.random.default_rng(0).permutation(len(layouts))
    return {layout: int(at) % count for layout, at in zip(layouts, order)}
