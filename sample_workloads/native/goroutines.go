// Goroutines that run methods and a generic function; each stays on its thread, whose CPU clock measures it.
// Build:  go build goroutines.go; stripped: -ldflags="-s -w"; position-independent: -buildmode=pie
// Run:    goroutines [SECONDS=1]
// Hot:    main.(*Heavy).Run 75 %, main.(*Light).Run 25 % (self, with churn, which is inlined)
// Stacks: runtime.goexit > main.main.func1 > main.stage > main.each[…] > main.stage.func1 > main.(*…).Run
// Prints: one JSON line, CPU seconds by function.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"unsafe"
)

const roundsPerMs = 600000

type Runner interface{ Run(turns int) uint64 }
type Heavy struct{ state uint64 }
type Light struct{ state uint64 }

func churn(x uint64, rounds int) uint64 {
	for i := 0; i < rounds; i++ {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	return x
}

//go:noinline
func (h *Heavy) Run(turns int) uint64 {
	h.state = churn(h.state, turns*roundsPerMs)
	return h.state
}

//go:noinline
func (l *Light) Run(turns int) uint64 {
	l.state = churn(l.state, turns*roundsPerMs)
	return l.state
}

//go:noinline
func each[T any](items []T, use func(T)) {
	for _, item := range items {
		use(item)
	}
}

func cpuSeconds(clock uintptr) float64 {
	var now syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clock, uintptr(unsafe.Pointer(&now)), 0)
	return float64(now.Sec) + float64(now.Nsec)*1e-9
}

//go:noinline
func stage(runner Runner, turns []int) float64 {
	runtime.LockOSThread()
	const threadClock = 3
	start := cpuSeconds(threadClock)
	each(turns, func(n int) { runner.Run(n) })
	return cpuSeconds(threadClock) - start
}

func main() {
	seconds := 1.0
	if len(os.Args) > 1 {
		seconds, _ = strconv.ParseFloat(os.Args[1], 64)
	}
	turns := make([]int, int(seconds*50))
	for i := range turns {
		turns[i] = 5
	}
	runners := []Runner{&Heavy{1}, &Heavy{2}, &Heavy{3}, &Light{4}}
	spent := make([]float64, len(runners))
	var done sync.WaitGroup
	for i := range runners {
		done.Add(1)
		go func(i int) {
			defer done.Done()
			spent[i] = stage(runners[i], turns)
		}(i)
	}
	done.Wait()
	heavy := spent[0] + spent[1] + spent[2]
	const processClock = 2
	fmt.Printf("{\"functions\":{},\"totals\":{\"main.(*Heavy).Run\":%.6f,\"main.(*Light).Run\":%.6f,"+
		"\"main.stage\":%.6f,\"runtime.goexit\":%.6f},\"cpu_s\":%.6f}\n",
		heavy, spent[3], heavy+spent[3], heavy+spent[3], cpuSeconds(processClock))
}
