"""What a page was seen to show: truth is what was drawn, not what was meant to be."""

FIELDS = (
    "kind",
    "number",
    "issue_date",
    "due_date",
    "delivery_date",
    "currency",
    "purchase_order",
    "seller_name",
    "seller_address",
    "seller_vat_id",
    "seller_registration_id",
    "seller_country",
    "buyer_name",
    "buyer_address",
    "buyer_vat_id",
    "iban",
    "bic",
    "net",
    "tax",
    "gross",
    "prepaid",
    "due",
)
# A reader may work these out where they are not printed: then they are not scored.
DERIVABLE = {"net", "tax", "gross", "due", "currency", "seller_country", "kind"}


class Shown:
    """Fields with their values and how they were printed."""

    def __init__(self):
        self.values = {}
        """Field: equally right values, the first preferred."""
        self.printed = {}
        """Field: [(value, text as printed)], for tests."""
        self.lines = []
        self._unscored = set()

    def fact(self, field, value, printed):
        """A field's value was drawn as `printed`. Several values of one field are equally right."""
        self.also(field, str(value))
        self.printed.setdefault(field, []).append((str(value), printed))

    def also(self, field, value):
        """Equally right, as "Lyon" beside "Lyon, France"; in capitals it is the same."""
        values = self.values.setdefault(field, [])
        if value.casefold() not in map(str.casefold, values):
            values.append(value)

    def ambiguous(self, field):
        """Something of the kind is printed that may or may not be meant."""
        self._unscored.add(field)

    def line(self, description, amount, is_gross):
        self.lines.append({"description": description, "gross_amount" if is_gross else "net_amount": str(amount)})

    def fields(self):
        """As the manifest has them: null where a field is not shown, absent where it is not scored."""
        rows = {}
        for name in FIELDS:
            values = self.values.get(name)
            if values:
                rows[name] = values[0] if len(values) == 1 else values
            elif name not in DERIVABLE and name not in self._unscored:
                rows[name] = None
        return rows
