"""A clock of the date that a test puts where it wants, for processes that it starts.

A small library of the C compiler's adds seconds to what the system says of the date, and not to durations.
"""

import subprocess
from pathlib import Path

CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

static long shift(void) {  /* seconds, in a file that the test writes */
    static volatile long *seconds;
    if (!seconds) {
        int file = open(getenv("CLOCK_SHIFT"), O_RDONLY);
        seconds = mmap(0, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
    }
    return *seconds;
}

int clock_gettime(clockid_t which, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(which, now);
    if (!failed && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) now->tv_sec += shift();
    return failed;
}

int gettimeofday(struct timeval *now, void *zone) {
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *now) {
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    if (now) *now = precise.tv_sec;
    return precise.tv_sec;
}
"""


class Clock:
    """What is put before a command so that its clock stands where it is put."""

    def __init__(self, folder: Path) -> None:
        source, self._library, self._shift = folder / "clock.c", folder / "clock.so", folder / "shift"
        source.write_text(CLOCK)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", str(self._library), str(source), "-ldl"], check=True)
        self.put(0)

    def put(self, seconds: int) -> None:
        """So many seconds ahead of the system's."""
        with self._shift.open("r+b" if self._shift.exists() else "wb") as file:  # in place: processes have it mapped
            file.write(seconds.to_bytes(8, "little", signed=True))

    @property
    def before(self) -> tuple[str, ...]:
        """The words before a command."""
        return ("env", f"LD_PRELOAD={self._library}", f"CLOCK_SHIFT={self._shift}")
