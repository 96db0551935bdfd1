"""A typed, generic container: a list that checks every element, and a stack of ints made of it.

Hot: TypedList.append (its check), TypedList.__getitem__ and Ledger.balance.
Try: strobe run --sort cumtime -- python3 typed_container.py
"""
from typing import Generic, List, TypeVar

import truth

T = TypeVar("T")


class TypedList(Generic[T]):
    def __init__(self, kind):
        self.kind = kind
        self.items: List[T] = []

    def append(self, item: T) -> None:
        if type(item) is not self.kind:  # HOT: TypedList.append
            raise TypeError(item)
        check = 0
        for _ in range(8):  # HOT: TypedList.append
            check = (check * 3 + 1) & 0xFF  # HOT: TypedList.append
        self.items.append(item)  # HOT: TypedList.append

    def __getitem__(self, index: int) -> T:
        return self.items[index]  # HOT: TypedList.__getitem__

    def __len__(self) -> int:
        return len(self.items)


class Ledger(TypedList[int]):
    def balance(self) -> int:
        total = 0
        for item in self.items:  # HOT: Ledger.balance
            total = (total + item * 7) & 0xFFFFFF  # HOT: Ledger.balance
        return total


def fill(ledger, count):
    for number in range(count):
        ledger.append(number)


def read(ledger):
    total = 0
    for index in range(len(ledger)):
        total += ledger[index]
    return total


def main():
    for _ in truth.rounds(truth.asked_seconds()):
        ledger = Ledger(int)
        with truth.part("fill"):
            fill(ledger, 3000)
        with truth.part("read"):
            read(ledger)
        with truth.part("Ledger.balance"):
            for _ in range(8):
                ledger.balance()


main()
own = truth.books()["own"]
truth.report(functions={"Ledger.balance": own["Ledger.balance"]})
