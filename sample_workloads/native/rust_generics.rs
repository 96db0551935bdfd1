// Trait objects, a generic function, and functions that are inlined.
// Build:  rustc -O -g rust_generics.rs; v0 names: -C symbol-mangling-version=v0
// Run:    rust_generics [SECONDS=1]
// Hot:    <Heavy as Work>::run 70 %, <Light as Work>::run 30 % (self, with churn and step, which are inlined)
// Stacks: … > main > turn<…> > <Heavy as Work>::run | <Light as Work>::run > churn > step
// Prints: one JSON line, CPU seconds by function.
use std::ptr::read_volatile;

const ROUNDS_PER_MS: u64 = 600_000;

#[repr(C)]
struct Timespec {
    seconds: i64,
    nanoseconds: i64,
}
extern "C" {
    fn clock_gettime(clock: i32, time: *mut Timespec) -> i32;
}
const PROCESS_CLOCK: i32 = 2;
const THREAD_CLOCK: i32 = 3;

fn cpu_seconds(clock: i32) -> f64 {
    let mut now = Timespec { seconds: 0, nanoseconds: 0 };
    unsafe { clock_gettime(clock, &mut now) };
    now.seconds as f64 + now.nanoseconds as f64 * 1e-9
}

#[inline(always)]
fn step(mut x: u64) -> u64 {
    x ^= x << 13;
    x ^= x >> 7;
    x ^ (x << 17)
}

#[inline(always)]
fn churn(mut x: u64, rounds: u64) -> u64 {
    for _ in 0..rounds {
        x = step(x);
    }
    x
}

trait Work {
    fn run(&mut self) -> u64;
}
struct Heavy(u64);
struct Light(u64);

impl Work for Heavy {
    #[inline(never)]
    fn run(&mut self) -> u64 {
        self.0 = churn(self.0, 7 * ROUNDS_PER_MS);
        self.0
    }
}

impl Work for Light {
    #[inline(never)]
    fn run(&mut self) -> u64 {
        self.0 = churn(self.0, 3 * ROUNDS_PER_MS);
        self.0
    }
}

#[inline(never)]
fn turn<W: Work>(work: &mut W, spent: &mut f64) {
    let start = cpu_seconds(THREAD_CLOCK);
    unsafe { read_volatile(&work.run()) };
    *spent += cpu_seconds(THREAD_CLOCK) - start;
}

fn main() {
    let seconds: f64 = std::env::args().nth(1).and_then(|word| word.parse().ok()).unwrap_or(1.0);
    let (mut heavy, mut light) = (Heavy(88172645463325252), Light(362436069));
    let (mut heavy_s, mut light_s) = (0.0, 0.0);
    for _ in 0..(seconds * 100.0) as u64 {
        turn(&mut heavy, &mut heavy_s);
        turn(&mut light, &mut light_s);
    }
    println!(
        "{{\"totals\":{{\"<rust_generics::Heavy as rust_generics::Work>::run\":{:.6},\
         \"<rust_generics::Light as rust_generics::Work>::run\":{:.6}}},\"functions\":{{}},\"cpu_s\":{:.6}}}",
        heavy_s,
        light_s,
        cpu_seconds(PROCESS_CLOCK)
    );
}
