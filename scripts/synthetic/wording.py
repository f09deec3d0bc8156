"""The words of one document: one label for one thing, chosen once."""

import functools
import pathlib
import tomllib

DATA = pathlib.Path(__file__).parent / "data"


@functools.cache
def data(kind, name):
    """A file of data/, read once."""
    return tomllib.loads((DATA / kind / f"{name}.toml").read_text(encoding="utf-8"))


class Wording:
    """`words("meta", "number")` is the same label wherever the document asks for it."""

    def __init__(self, chance, language, tax_name, capitals=False, second=None):
        """`second` is another language that labels of dates, numbers and totals are repeated in."""
        self.language = language
        self.data = data("wording", language)
        self.tax_name = tax_name
        self._chance = chance
        self._capitals = capitals
        self._second = second
        self._chosen = {}

    def __call__(self, section, key):
        place = (section, key)
        if place not in self._chosen:
            self._chosen[place] = self._cased(section, self._choose(section, key))
        return self._chosen[place]

    def fresh(self, section, key):
        """Chosen anew each time."""
        return self.taxed(self._chance.pick(self.data[section][key]))

    def maybe(self, section, key, **values):
        """A sentence with `values` put in; what it does not ask for is left out."""
        return self(section, key).format(**values)

    def _choose(self, section, key):
        text = self.fresh(section, key)
        if self._second and section in ("meta", "totals", "table") and "{" not in text:
            other = self._chance.pick(data("wording", self._second)[section][key])
            if "{" not in other and other.casefold() != text.casefold():
                return f"{text} / {other}"
        return text

    def _cased(self, section, text):
        if not self._capitals or section in ("notes", "receipt") or "{" in text:
            return text
        return text.upper()

    def taxed(self, text):
        """English invoices name the tax as their country does."""
        if self.language == "en" and self.tax_name != "VAT":
            text = text.replace("VAT", self.tax_name)
            text = text.replace("Tax Tax", "Tax")
        return text
