"""Probabilities from shares: a logistic regression a field, on documents that were held out."""

import numpy as np
from scipy.optimize import minimize

# As in crates/extract/src/confidence.rs.
EXTREME = 1e-4
UNREAD = 0.02
# Standard deviation of a coefficient around that of all fields together: a field with few wrong
# values shall not be taken for infallible.
SPREAD = 0.7
# A value whose words were read with confidence c cannot be surer than about the root of c, whatever the few
# wrong values of a field say: that is what the reader's confidence means.
LEAST_READING = 0.5
# Of the coefficients of all fields together around "the share is right": bias, share, reading.
START = np.array([0.0, 1.0, 1.0])
START_SPREAD = 2.0


def features(share, reading):
    share = np.clip(share, EXTREME, 1 - EXTREME)
    odds = np.log(share / (1 - share))
    return np.stack([np.ones_like(odds), odds, np.log(np.clip(reading, UNREAD, 1.0))], axis=1)


def fit(x, right, weights, prior, spread):
    def objective(theta):
        z = x @ theta
        loss = (weights * (np.logaddexp(0, z) - right * z)).sum()
        gradient = x.T @ (weights * (1 / (1 + np.exp(-z)) - right))
        off = (theta - prior) / spread**2
        return loss + 0.5 * (off * (theta - prior)).sum(), gradient + off

    bounds = [(None, None), (0.0, None), (LEAST_READING, None)]
    return minimize(objective, prior, jac=True, method="L-BFGS-B", bounds=bounds).x


def calibrations(rows):
    """`rows` are (field, share, reading, right, weight); gives coefficients by field and for `default`."""
    fields = sorted({row[0] for row in rows})
    share, reading, right, weight = (np.array([row[i] for row in rows], dtype=float) for i in (1, 2, 3, 4))
    names = np.array([row[0] for row in rows])
    x = features(share, reading)
    default = fit(x, right, weight, START, START_SPREAD)
    found = {"default": default}
    for field in fields:
        of = names == field
        found[field] = fit(x[of], right[of], weight[of], default, SPREAD)
    return found


def expected_error(probability, right, bins=10):
    """ECE: how far the mean probability of a bin is from its share of right values, weighted by size."""
    at = np.minimum((probability * bins).astype(int), bins - 1)
    return sum((at == b).mean() * abs(probability[at == b].mean() - right[at == b].mean()) for b in range(bins) if (at == b).any())
