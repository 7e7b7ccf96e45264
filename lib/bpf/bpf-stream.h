/*
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

/* Copying into memory that another processor is going to read.
 *
 * That processor has read what was in the memory before, so its cache lines
 * are in its caches, and an ordinary store has to fetch each of them first:
 * between processors that share no cache this takes several times as long as
 * copying.  Stores past the caches fetch nothing, and leave to the packets
 * that are forwarded the cache that the copy would have taken.
 *
 * Any thread may use this; there is no lock, for there is no state.
 * Where the compiler offers no such stores these are ordinary ones. */

#ifndef BPF_STREAM_H
#define BPF_STREAM_H 1

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The unit in which stores past the caches are gathered. */
#define BPF_STREAM_LINE 64

/* Fewer bytes than this are not worth it: in the first and the last line, which
 * are stored in the ordinary way, nothing is gained, and where the processors do
 * share a cache the rest takes longer. */
#define BPF_STREAM_MIN 1024

/* True if it is worthwhile to copy 'n' bytes with bpf_stream_copy(). */
static inline bool
bpf_stream_wants(size_t n)
{
#ifdef __SSE2__
    return n >= BPF_STREAM_MIN;
#else
    (void) n;
    return false;
#endif
}

/* Stores the BPF_STREAM_LINE bytes at 'src' at 'dst', the start of a line. */
static inline void
bpf_stream_line(uint8_t *dst, const uint8_t *src)
{
#ifdef __SSE2__
    const __m128i *from = (const void *) src;
    __m128i *to = (void *) dst;
    __m128i a = _mm_loadu_si128(from);
    __m128i b = _mm_loadu_si128(from + 1);
    __m128i c = _mm_loadu_si128(from + 2);
    __m128i d = _mm_loadu_si128(from + 3);

    _mm_stream_si128(to, a);
    _mm_stream_si128(to + 1, b);
    _mm_stream_si128(to + 2, c);
    _mm_stream_si128(to + 3, d);
#else
    memcpy(dst, src, BPF_STREAM_LINE);
#endif
}

/* Copies 'n' bytes from 'src' to 'dst', at any addresses that do not overlap.
 * Other threads may see them only after bpf_stream_end(). */
static inline void
bpf_stream_copy(uint8_t *dst, const uint8_t *src, size_t n)
{
    size_t head = -(uintptr_t) dst % BPF_STREAM_LINE;

    if (head < n) {
        memcpy(dst, src, head);
        dst += head;
        src += head;
        n -= head;
    }
    for (; n >= BPF_STREAM_LINE; n -= BPF_STREAM_LINE) {
        bpf_stream_line(dst, src);
        dst += BPF_STREAM_LINE;
        src += BPF_STREAM_LINE;
    }
    memcpy(dst, src, n);
}

/* Orders what was copied before what is stored from now on: stores past the
 * caches do not wait for one another, nor does unlocking a mutex wait for them
 * (Intel 64 manual, volume 3, "Strengthening or Weakening the Memory-Ordering
 * Model"). */
static inline void
bpf_stream_end(void)
{
#ifdef __SSE2__
    _mm_sfence();
#endif
}

#endif /* bpf-stream.h */
