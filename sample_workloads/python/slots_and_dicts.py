"""Objects with __slots__ against those with a dict, and lists against arrays: the same sums over each.

Hot: sum_dicts, sum_slots, sum_list, sum_array (which has to make an int of every element it reads).
Try: strobe run -- python3 slots_and_dicts.py, then strobe report lines
"""
import array

import truth

COUNT = 20000


class WithDict:
    def __init__(self, x, y):
        self.x, self.y = x, y


class WithSlots:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x, self.y = x, y


def sum_dicts(points):
    total = 0
    for point in points:  # HOT: sum_dicts
        total = (total + point.x * point.y) & 0xFFFFFF  # HOT: sum_dicts
    return total


def sum_slots(points):
    total = 0
    for point in points:  # HOT: sum_slots
        total = (total + point.x * point.y) & 0xFFFFFF  # HOT: sum_slots
    return total


def sum_list(numbers):
    total = 0
    for i in range(COUNT):  # HOT: sum_list
        total = (total + numbers[i]) & 0xFFFFFF  # HOT: sum_list
    return total


def sum_array(numbers):
    total = 0
    for i in range(COUNT):  # HOT: sum_array
        total = (total + numbers[i]) & 0xFFFFFF  # HOT: sum_array
    return total


def main():
    dicts = [WithDict(i, i & 7) for i in range(COUNT)]
    slots = [WithSlots(i, i & 7) for i in range(COUNT)]
    numbers = [i * 3 for i in range(COUNT)]
    packed = array.array("l", numbers)
    work = ((sum_dicts, dicts), (sum_slots, slots), (sum_list, numbers), (sum_array, packed))
    for _ in truth.rounds(truth.asked_seconds()):
        for function, data in work:
            with truth.part(function.__name__):
                function(data)


main()
truth.report()
