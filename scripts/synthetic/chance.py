"""The one source of chance: everything random in a document comes from one seeded generator."""

import random


class Chance(random.Random):
    """`Chance("7/12")` always draws the same."""

    def maybe(self, probability):
        return self.random() < probability

    def pick(self, options):
        return self.choice(options)

    def weighted(self, weights):
        """A key of `weights`, as likely as its value says."""
        return self.choices(list(weights), list(weights.values()))[0]

    def digits(self, count):
        """`count` digits, the first not 0."""
        return str(self.randint(10 ** (count - 1), 10**count - 1))

    def letters(self, count):
        """Capitals that are not mistaken for digits."""
        return "".join(self.choice("ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(count))

    def some(self, options, least, most):
        """Between `least` and `most` different options, in their own order."""
        chosen = self.sample(range(len(options)), min(len(options), self.randint(least, most)))
        return [options[place] for place in sorted(chosen)]
