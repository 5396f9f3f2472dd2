/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/confine.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1 /* whose shadow memory has no limit, and whose leak check traces itself */
#else
#define SANITIZED 0
#endif

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#elif defined(__i386__)
#define OUR_ARCH AUDIT_ARCH_I386
#elif defined(__arm__)
#define OUR_ARCH AUDIT_ARCH_ARM
#elif defined(__s390x__)
#define OUR_ARCH AUDIT_ARCH_S390X
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define OUR_ARCH AUDIT_ARCH_PPC64LE
#elif defined(__riscv) && __riscv_xlen == 64
#define OUR_ARCH AUDIT_ARCH_RISCV64
#endif

static levada_status
limit(__rlimit_resource_t resource, const char *name, int64_t most, struct error *err)
{
    struct rlimit limits;
    if (most <= 0)
        return LEVADA_OK;
    if (getrlimit(resource, &limits) == 0) {
        rlim_t wanted = (rlim_t)most;
        limits.rlim_cur = limits.rlim_max < wanted ? limits.rlim_max : wanted;
        limits.rlim_max = limits.rlim_cur;
        if (setrlimit(resource, &limits) == 0)
            return LEVADA_OK;
    }
    return error_set(err, LEVADA_FATAL, "cannot limit its %s: %s", name, strerror(errno));
}

#ifdef OUR_ARCH

#ifdef __x86_64__
#define FOREIGN_BIT 0x40000000 /* the x32 calls of the same processor */
#else
#define FOREIGN_BIT 0x80000000
#endif

/* The number of a system call; those of another architecture's table fail. */
#define LOAD_NUMBER                                                                                \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),                       \
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0),                                       \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),                                      \
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),                     \
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FOREIGN_BIT, 0, 1),                                    \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)

/* One system call that fails with EPERM. */
#define REFUSE(number)                                                                             \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1),                                           \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)

/*
 * No new sockets, and no hand on other processes: the host's memory is nobody else's. Everything
 * else is the plugin's business, and the limits'.
 */
static const struct sock_filter no_sockets[] = {
    LOAD_NUMBER,
#ifdef __NR_socketcall
    REFUSE(__NR_socketcall),
#endif
    REFUSE(__NR_socket),
#ifdef __NR_io_uring_setup
    REFUSE(__NR_io_uring_setup), /* whose rings make sockets without a call */
#endif
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

static const struct sock_filter no_meddling[] = {
    LOAD_NUMBER,
    REFUSE(__NR_ptrace),
    REFUSE(__NR_process_vm_readv),
    REFUSE(__NR_process_vm_writev),
#ifdef __NR_pidfd_getfd
    REFUSE(__NR_pidfd_getfd),
#endif
    REFUSE(__NR_bpf),
    REFUSE(__NR_perf_event_open),
    REFUSE(__NR_mount),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

static levada_status
filter(const struct sock_filter *rows, size_t n, struct error *err)
{
    const struct sock_fprog program = { .len = (unsigned short)n,
                                        .filter = (struct sock_filter *)(uintptr_t)rows };
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
        return LEVADA_OK;
    return error_set(err, LEVADA_FATAL, "cannot filter its system calls: %s", strerror(errno));
}

static levada_status
filter_calls(const struct confinement *confinement, struct error *err)
{
    levada_status status = LEVADA_OK;
    if (!SANITIZED)
        status = filter(no_meddling, sizeof(no_meddling) / sizeof(*no_meddling), err);
    if (status >= 0 && !confinement->network)
        status = filter(no_sockets, sizeof(no_sockets) / sizeof(*no_sockets), err);
    return status;
}

#else

static levada_status
filter_calls(const struct confinement *confinement, struct error *err)
{
    (void)confinement;
    return error_set(err, LEVADA_CONFIG,
                     "isolation is not possible on this processor: its system calls are not known");
}

#endif

levada_status
confine(const struct confinement *confinement, struct error *err)
{
    levada_status status = LEVADA_OK;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return error_set(err, LEVADA_FATAL, "cannot give up privileges: %s", strerror(errno));
    if (!SANITIZED)
        status = limit(RLIMIT_DATA, "memory", confinement->memory_bytes, err);
    if (status >= 0)
        status = limit(RLIMIT_NOFILE, "files", confinement->files, err);
    if (status >= 0)
        status = limit(RLIMIT_CPU, "processor time", (confinement->cpu_ns + 999999999) / 1000000000,
                       err);
    return status >= 0 ? filter_calls(confinement, err) : status;
}
