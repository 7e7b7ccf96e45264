/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* What every part of ovs-bpftap needs: messages, memory, strings, numbers with
 * units, clocks, and the signals that end a capture.
 *
 * The program has one thread, so nothing here is locked.  The only state that
 * a signal handler touches is in bpftap-util.c. */

#ifndef BPFTAP_UTIL_H
#define BPFTAP_UTIL_H 1

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define BT_ARRAY_SIZE(ARRAY) (sizeof (ARRAY) / sizeof (ARRAY)[0])
#define BT_PRINTF(FMT, ARGS) __attribute__((format(printf, FMT, ARGS)))
#define BT_NORETURN __attribute__((noreturn))

/* Exit statuses of the program. */
enum bt_status {
    BT_OK = 0,                  /* Everything asked for was done. */
    BT_FAILED = 1,              /* Something was not: a message says what. */
};

/* Text from outside, such as names of ports, files and processes, may be
 * anything.  What follows writes it in printable form, see printable.h.
 *
 * Messages: one line on standard error, after the program's name.  A live
 * statistics line on the terminal is cleared first. */
void bt_error(const char *format, ...) BT_PRINTF(1, 2);
void bt_note(const char *format, ...) BT_PRINTF(1, 2);
void bt_fatal(const char *format, ...) BT_PRINTF(1, 2) BT_NORETURN;
void bt_usage(const char *format, ...) BT_PRINTF(1, 2) BT_NORETURN;
void bt_status_line(const char *line);

/* Writes a line to standard output. */
void bt_put_line(const char *format, ...) BT_PRINTF(1, 2);

/* Writes a name to standard output, as it is unless that is a terminal: whoever
 * else reads it will want to use it. */
void bt_put_name(const char *name);

/* Writes out what standard output has buffered.  Returns false if that failed,
 * now or earlier. */
bool bt_flush_stdout(void);

/* The same at the end of the program, with a message unless standard output is
 * a pipe that nobody reads any more. */
bool bt_finish_stdout(void);

/* Ends the program because getopt_long() returned 'c', '?' or ':'. */
void bt_bad_option(int c, char *argv[]) BT_NORETURN;

/* Those who use a dialog, in Wireshark, do not know the options that it stands
 * for.  After bt_set_dialog(), bt_advice() returns what it is told for them,
 * and before what is for the command line. */
void bt_set_dialog(void);
const char *bt_advice(const char *command_line, const char *dialog);

/* The sub-command that bt_usage() refers the user to. */
void bt_set_command(const char *name);

/* Memory: never NULL; the program ends with a message instead. */
void *bt_alloc(size_t size);
void *bt_zalloc(size_t size);
void *bt_realloc(void *p, size_t size);
char *bt_strdup(const char *s);
char *bt_asprintf(const char *format, ...) BT_PRINTF(1, 2);
char *bt_printable(const char *s);

/* Numbers in network byte order, at any alignment. */
static inline uint16_t
bt_get_u16(const uint8_t *p)
{
    return p[0] << 8 | p[1];
}

static inline uint32_t
bt_get_u32(const uint8_t *p)
{
    return (uint32_t) bt_get_u16(p) << 16 | bt_get_u16(p + 2);
}

/* A string that grows.  All zeros is a valid empty one. */
struct bt_str {
    char *s;                    /* NUL-terminated, or NULL while empty. */
    size_t length;
    size_t allocated;
};

void bt_str_put(struct bt_str *, const void *data, size_t n);
void bt_str_puts(struct bt_str *, const char *s);
void bt_str_printf(struct bt_str *, const char *format, ...) BT_PRINTF(2, 3);
void bt_str_json(struct bt_str *, const char *s);
const char *bt_str_cstr(const struct bt_str *);
void bt_str_clear(struct bt_str *);
void bt_str_free(struct bt_str *);

/* A list of strings, each owned by the list and followed by a NULL, so that
 * 'v' serves as an argument vector. */
struct bt_strv {
    char **v;
    size_t n;
};

void bt_strv_add(struct bt_strv *, const char *s);
void bt_strv_addf(struct bt_strv *, const char *format, ...) BT_PRINTF(2, 3);
bool bt_strv_contains(const struct bt_strv *, const char *s);
void bt_strv_free(struct bt_strv *);

/* Numbers on the command line.  'what' names the option in the message with
 * which the program ends if 's' is not a number from 'min' to 'max'. */
uint64_t bt_parse_uint(const char *what, const char *s, uint64_t min,
                       uint64_t max);
double bt_parse_double(const char *what, const char *s, double min);

/* Parses a time: a number of seconds, or a number with the unit ms, s, m (or
 * min), h or d.  Returns nanoseconds. */
uint64_t bt_parse_duration(const char *what, const char *s);

/* "3.4 days".  The caller frees it. */
char *bt_format_duration(uint64_t ns);

/* Clocks, in nanoseconds. */
#define BT_NSEC UINT64_C(1000000000)
uint64_t bt_now_mono(void);
uint64_t bt_now_real(void);

/* Signals.  After bt_signals_init() SIGINT, SIGTERM and SIGHUP only raise a
 * flag; SIGPIPE and SIGXFSZ are ignored, so that a closed pipe and a file size
 * limit are errors of write(2).
 *
 * Once a signal has come, a timer interrupts the program's blocked system
 * calls every second, so that it never hangs in a write to a reader that has
 * stopped reading.
 *
 * A child that is to catch signals for itself calls bt_signals_init() again,
 * without the descriptors of this program: it starts with no signal. */
void bt_signals_init(void);
void bt_signals_default(void);
int bt_stop_signal(void);

/* Stop signals so far: the second means that waiting for others has to end. */
int bt_n_stops(void);

/* For bpfdev_set_wait_limit(): some seconds for a switch that does not answer,
 * fewer once the user wants to stop. */
int bt_wait_limit(void *aux, int elapsed);

/* Ends the program with 'message' unless bt_deadline_end() is called within
 * 'seconds' of processor time, which a busy machine takes longer to give.
 * Before bt_signals_init() or after; nothing may be open that must be closed
 * well. */
void bt_deadline_start(unsigned int seconds, const char *message);
void bt_deadline_end(void);

/* Waits with poll(2) for 'fds' or 'timeout_ns' nanoseconds (UINT64_MAX for
 * ever), ending at once on the first stop signal, also on one that came just
 * before the call.  Returns the number of ready 'fds', 0 when interrupted. */
struct pollfd;
int bt_poll(struct pollfd *fds, size_t n, uint64_t timeout_ns);

/* Writes 'data' whole to 'fd'; returns 0 or an errno value. */
int bt_write_all(int fd, const void *data, size_t n);

#endif /* bpftap-util.h */
