/*
 * watch -- what the processes under test have used: CPU time of all their threads, and memory.
 * The CPU clock of a process counts its dead threads too, and in nanoseconds; /proc/PID/stat would round to 10 ms.
 */
#ifndef SEKISHO_BENCH_WATCH_H
#define SEKISHO_BENCH_WATCH_H

#include <stdint.h>

void watch_add(const char *pids);       /* "123,456"; ends the program when one is not there */
uint64_t watch_cpu_ns(void);
uint64_t watch_pss_kib(void);           /* proportional set size, the processes added up */
uint64_t watch_switches(void);          /* context switches of the threads that live now */

#endif
