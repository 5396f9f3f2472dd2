/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GUARDED_H
#define GUARDED_H

#include <exception>
#include <levada/levada.h>
#include <new>

/*
 * No exception may leave a callback. What @body throws fails the callback, with its text: for want of
 * memory the host tries again later, anything else stops the pipeline.
 */
template <typename Body>
levada_status
guarded(levada_call *call, Body body) noexcept
{
    try {
        return body();
    } catch (const std::bad_alloc &) {
        return levada->fail(call, LEVADA_RETRY, "out of memory");
    } catch (const std::exception &e) {
        return levada->fail(call, LEVADA_FATAL, e.what());
    } catch (...) {
        return levada->fail(call, LEVADA_FATAL, "an exception of unknown type");
    }
}

/* The host's memory for @n values until the callback ends; nullptr after a failure. */
template <typename T>
T *
scratch(levada_call *call, size_t n)
{
    return static_cast<T *>(levada->scratch(call, n * sizeof(T)));
}

#endif
