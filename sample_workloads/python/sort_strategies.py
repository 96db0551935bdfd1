"""One caller, two algorithms behind one interface, and a sort that does neither.

Hot: BubbleSort.sort (most), QuickSort.partition. Stacks: <module> → main → sort_numbers → BubbleSort.sort, or
→ QuickSort.sort → QuickSort.sort_range → … → QuickSort.partition, which recurses.
Try: strobe run -- python3 sort_strategies.py
"""
import truth


class BubbleSort:
    def sort(self, numbers):
        end = len(numbers)
        while end > 1:
            last = 0
            for i in range(1, end):  # HOT: BubbleSort.sort
                if numbers[i - 1] > numbers[i]:  # HOT: BubbleSort.sort
                    numbers[i - 1], numbers[i] = numbers[i], numbers[i - 1]  # HOT: BubbleSort.sort
                    last = i  # HOT: BubbleSort.sort
            end = last


class QuickSort:
    def sort(self, numbers):
        self.sort_range(numbers, 0, len(numbers) - 1)

    def sort_range(self, numbers, first, last):
        while first < last:
            middle = self.partition(numbers, first, last)
            self.sort_range(numbers, first, middle)
            first = middle + 1

    def partition(self, numbers, first, last):  # HOT: QuickSort.partition
        pivot = numbers[(first + last) // 2]  # HOT: QuickSort.partition
        i, j = first - 1, last + 1  # HOT: QuickSort.partition
        while True:  # HOT: QuickSort.partition
            i += 1  # HOT: QuickSort.partition
            while numbers[i] < pivot:  # HOT: QuickSort.partition
                i += 1  # HOT: QuickSort.partition
            j -= 1  # HOT: QuickSort.partition
            while numbers[j] > pivot:  # HOT: QuickSort.partition
                j -= 1  # HOT: QuickSort.partition
            if i >= j:  # HOT: QuickSort.partition
                return j  # HOT: QuickSort.partition
            numbers[i], numbers[j] = numbers[j], numbers[i]  # HOT: QuickSort.partition


def sort_numbers(strategy, numbers):
    strategy.sort(numbers)
    return numbers


def shuffled(count):
    numbers, x = [], 12345
    for _ in range(count):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
        numbers.append(x)
    return numbers


def main():
    bubble, quick = BubbleSort(), QuickSort()
    few, many = shuffled(200), shuffled(6000)
    for _ in truth.rounds(truth.asked_seconds()):
        # Enough small ones to cost about twice the large one.
        with truth.part("BubbleSort.sort"):
            for _ in range(16):
                sort_numbers(bubble, list(few))
        with truth.part("QuickSort.sort"):
            sort_numbers(quick, list(many))


main()
# What sort_range spends beside partition is small; the recursion as a whole is what was timed.
own = truth.books()["own"]
truth.report(functions={"BubbleSort.sort": own["BubbleSort.sort"]})
