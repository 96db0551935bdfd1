"""Sorting with a key function: the classic of cProfile. What list.sort costs is not the sort but the key.

Hot: sort_key, called by `sorted` from by_key; with_tuples builds the keys beforehand and sorts those.
Try: strobe run --sort tottime -- python3 sort_key.py
"""
import truth


class Person:
    def __init__(self, number):
        x = number * 2654435761 & 0xFFFFFFFF
        self.name = "n%d" % (x % 9973)
        self.age = x % 89
        self.score = x % 1009


def sort_key(person):
    weight = person.score
    for step in range(6):  # HOT: sort_key
        weight = (weight * 33 + person.age + step) & 0xFFFFFF  # HOT: sort_key
    return weight  # HOT: sort_key


def by_key(people):
    return sorted(people, key=sort_key)


def decorate(people):
    keys = []
    for person in people:  # HOT: decorate
        keys.append(person.score * 100 + person.age)  # HOT: decorate
    return keys


def main():
    people = [Person(number) for number in range(6000)]
    for _ in truth.rounds(truth.asked_seconds()):
        with truth.part("by_key"):
            by_key(people)
        for _ in range(8):
            with truth.part("decorate"):
                decorate(people)


main()
# What `sorted` itself costs is not the key's: of by_key the whole was timed.
own = truth.books()["own"]
truth.report(functions={"decorate": own["decorate"]})
