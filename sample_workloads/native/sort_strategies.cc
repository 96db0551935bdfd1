// Strategy objects: the same caller sorts by whichever algorithm it is given, over a virtual call.
// Build:  g++ -std=c++20 -O2 -g -fno-optimize-sibling-calls sort_strategies.cc
// Run:    sort_strategies [SECONDS=1]
// Hot:    BubbleSort::sort about 2/3 (self) with a twelfth of the numbers; QuickSort::sort the rest (total),
//         nearly all of it in QuickSort::partition
// Stacks: main > sort_numbers > BubbleSort::sort;
//         main > sort_numbers > QuickSort::sort > QuickSort::sort_range x n > QuickSort::partition
// Prints: one JSON line, CPU seconds by function: "functions" self, "totals" with callees.
#include <vector>

#include "stopwatch.h"

struct SortStrategy {
  virtual ~SortStrategy() = default;
  virtual void sort(int* numbers, long count) const = 0;
};

struct BubbleSort : SortStrategy {
  NAMED void sort(int* numbers, long count) const override {
    for (long end = count - 1; end > 0; end--) {
      for (long i = 0; i < end; i++) {                 // HOT: BubbleSort::sort
        const int left = numbers[i];                   // HOT: BubbleSort::sort
        const int right = numbers[i + 1];              // HOT: BubbleSort::sort
        numbers[i] = left < right ? left : right;      // HOT: BubbleSort::sort
        numbers[i + 1] = left < right ? right : left;  // HOT: BubbleSort::sort
      }
    }
  }
};

struct QuickSort : SortStrategy {
  NAMED void sort(int* numbers, long count) const override { sort_range(numbers, 0, count - 1); }

 private:
  NAMED static void sort_range(int* numbers, long low, long high) {
    if (low >= high) return;
    const long middle = partition(numbers, low, high);
    sort_range(numbers, low, middle);
    sort_range(numbers, middle + 1, high);
  }

  // Hoare's scheme: everything up to the returned place is at most as large as everything behind it.
  NAMED static long partition(int* numbers, long low, long high) {
    const int pivot = numbers[low + (high - low) / 2];  // HOT: QuickSort::partition
    for (;; low++, high--) {                            // HOT: QuickSort::partition
      while (numbers[low] < pivot) low++;               // HOT: QuickSort::partition
      while (numbers[high] > pivot) high--;             // HOT: QuickSort::partition
      if (low >= high) return high;                     // HOT: QuickSort::partition
      const int held = numbers[low];                    // HOT: QuickSort::partition
      numbers[low] = numbers[high];                     // HOT: QuickSort::partition
      numbers[high] = held;                             // HOT: QuickSort::partition
    }
  }
};

NAMED void sort_numbers(const SortStrategy& strategy, std::vector<int>& numbers) {
  strategy.sort(numbers.data(), static_cast<long>(numbers.size()));
}

std::vector<int> scrambled(size_t count) {
  std::vector<int> numbers(count);
  uint64_t x = 88172645463325252ULL;
  for (int& number : numbers) {
    CHURN(x, 1)
    number = static_cast<int>(x >> 34);
  }
  return numbers;
}

bool is_sorted(const std::vector<int>& numbers) {
  for (size_t i = 1; i < numbers.size(); i++) {
    if (numbers[i - 1] > numbers[i]) return false;
  }
  return true;
}

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  const std::vector<int> few = scrambled(4000);
  const std::vector<int> many = scrambled(50000);
  double bubble_s = 0;
  double quick_s = 0;
  bool sorted = true;
  for (long turn = 0; turn < static_cast<long>(seconds * 100); turn++) {
    std::vector<int> numbers = few;
    {
      const Stopwatch watch(bubble_s);
      sort_numbers(BubbleSort(), numbers);
    }
    sorted = sorted && is_sorted(numbers);
    numbers = many;
    {
      const Stopwatch watch(quick_s);
      sort_numbers(QuickSort(), numbers);
    }
    sorted = sorted && is_sorted(numbers);
  }
  printf(
      "{\"functions\":{\"BubbleSort::sort\":%.6f},\"totals\":{\"BubbleSort::sort\":%.6f,"
      "\"QuickSort::sort\":%.6f,\"sort_numbers\":%.6f},\"cpu_s\":%.6f,\"sorted\":%s}\n",
      bubble_s, bubble_s, quick_s, bubble_s + quick_s, cpu_seconds(CLOCK_PROCESS_CPUTIME_ID),
      sorted ? "true" : "false");
  return sorted ? 0 : 1;
}
