/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Keeps the backtrace of a crash whole.
 *
 * Open vSwitch ends the backtrace that it logs at the first frame that has no
 * name.  A C library without a symbol table has none for its function that
 * returns from a signal handler, and that is the frame right before all that
 * is of interest.  Such frames get the name "?" here.
 *
 * No state.  Called in a signal handler, on the thread that crashed: nothing
 * here may allocate or lock. */

#include <config.h>

#define UNW_LOCAL_ONLY
#include <libunwind.h>

/* The function's symbol depends on the processor and on whose libunwind it
 * is; configure looks it up for --wrap, and the header knows it, too. */
#define PASTE(A, B) A ## B
#define REAL(FUNCTION) PASTE(__real_, FUNCTION)
#define WRAP(FUNCTION) PASTE(__wrap_, FUNCTION)

int REAL(unw_get_proc_name)(unw_cursor_t *, char *, size_t, unw_word_t *);
int WRAP(unw_get_proc_name)(unw_cursor_t *, char *, size_t, unw_word_t *);

int
WRAP(unw_get_proc_name)(unw_cursor_t *cursor, char *name, size_t size,
                        unw_word_t *offset)
{
    int error = REAL(unw_get_proc_name)(cursor, name, size, offset);

    /* A name that was cut is an error to libunwind, but a name. */
    if (error && size > 1 && !name[0]) {
        name[0] = '?';
        name[1] = '\0';
        *offset = 0;
    }
    return error;
}
