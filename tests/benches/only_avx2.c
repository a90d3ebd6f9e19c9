/* Hides AVX-512 and AMX from a program: what it asks the processor by CPUID is answered without them.
 *
 *     cc -O2 -shared -fPIC -o only_avx2.so tests/benches/only_avx2.c && LD_PRELOAD=./only_avx2.so PROGRAM
 *
 * Linux on x86-64, on processors that can make CPUID fault ("cpuid_fault" in /proc/cpuinfo); elsewhere the program ends
 * with status 77. For comparing on one machine what two programs do with AVX2 alone (encoder_ort.py). */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define ARCH_SET_CPUID 0x1012

static void answered(int signal_number, siginfo_t *info, void *context) {
    (void)info;
    greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
    const uint8_t *at = (const uint8_t *)r[REG_RIP];
    if (at[0] != 0x0f || at[1] != 0xa2) {
        signal(signal_number, SIG_DFL);
        return;
    }
    uint32_t leaf = r[REG_RAX], sub = r[REG_RCX], a = leaf, b, c = sub, d;
    syscall(SYS_arch_prctl, ARCH_SET_CPUID, 1);
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0);
    if (leaf == 7 && sub == 0) {
        b &= ~(1u << 16 | 1u << 17 | 1u << 21 | 1u << 26 | 1u << 27 | 1u << 28 | 1u << 30 | 1u << 31);
        c &= ~(1u << 1 | 1u << 6 | 1u << 11 | 1u << 12 | 1u << 14);
        d &= ~(1u << 2 | 1u << 3 | 1u << 8 | 1u << 22 | 1u << 23 | 1u << 24 | 1u << 25);
    }
    if (leaf == 7 && sub == 1) a &= ~(1u << 5 | 1u << 21);
    r[REG_RAX] = a, r[REG_RBX] = b, r[REG_RCX] = c, r[REG_RDX] = d;
    r[REG_RIP] += 2;
}

__attribute__((constructor)) static void hide(void) {
    struct sigaction action = {.sa_sigaction = answered, .sa_flags = SA_SIGINFO | SA_NODEFER};
    if (sigaction(SIGSEGV, &action, NULL) || syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0)) {
        fputs("this processor's CPUID can't be answered otherwise\n", stderr);
        _exit(77);
    }
}
