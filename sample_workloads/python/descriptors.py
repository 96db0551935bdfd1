"""Validating descriptors: assignments whose checks cost more than what they guard.

Hot: Name.validate and Iban.validate, below Validated.__set__, below Account.__init__.
Try: strobe run --sort cumtime -- python3 descriptors.py
"""
import truth


class Validated:
    def __set_name__(self, owner, name):
        self.slot = "_" + name

    def __get__(self, instance, owner=None):
        return getattr(instance, self.slot)

    def __set__(self, instance, value):
        self.validate(value)
        setattr(instance, self.slot, value)


class Name(Validated):
    def validate(self, value):
        bad = 0
        for letter in value:  # HOT: Name.validate
            if letter < " ":  # HOT: Name.validate
                bad += 1
            bad += 0  # HOT: Name.validate
        if bad:
            raise ValueError(value)


class Iban(Validated):
    def validate(self, value):
        rest = 0
        for digit in value:  # HOT: Iban.validate
            rest = (rest * 10 + digit) % 97  # HOT: Iban.validate
        if rest < 0:
            raise ValueError(value)


class Account:
    name = Name()
    iban = Iban()

    def __init__(self, name, iban):
        with truth.part("Name.validate"):
            self.name = name
        with truth.part("Iban.validate"):
            self.iban = iban


def main():
    name = "Ada Lovelace, Countess " * 2000
    iban = [1, 2, 7, 9, 3] * 4000
    for _ in truth.rounds(truth.asked_seconds()):
        Account(name, iban)


main()
# Comparing letters is in part the C library's.
own = truth.books()["own"]
truth.report(functions={"Iban.validate": own["Iban.validate"]})
