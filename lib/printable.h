/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at:
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
#ifndef PRINTABLE_H
#define PRINTABLE_H 1

/* Text from outside, made fit to be shown
 * =======================================
 *
 * Names of processes, ports and files, comments and texts of filters are what
 * somebody else chose.  Whatever part of the project puts them on a terminal,
 * into a log or into JSON makes them printable here first.
 *
 * Printable is valid UTF-8 without control characters (C0, DEL and C1),
 * without line and paragraph separators, and without the characters that
 * change the direction of the text around them.  Each byte of anything else
 * becomes "\xHH".  Everything else stays as it is, backslashes included, so
 * that text that is fit already does not change.
 *
 * Plain C, for the daemon and for tools.  Any thread. */

#include <stdbool.h>
#include <stddef.h>

/* Bytes, with the terminating null, that the printable form of 'n' bytes needs
 * at most. */
#define PRINTABLE_SIZE(N) ((N) * 4 + 1)

/* True if the 'n' bytes at 'text' are printable as they are. */
bool printable_is(const char *text, size_t n);

/* Stores the printable form of the 'n' bytes at 'text', with a terminating
 * null, in the 'size' bytes at 'dst', which must not overlap.  If there is no
 * room for all of it, it ends earlier, at the end of a character.  Returns
 * 'dst'.  'size' must not be 0. */
char *printable_copy(char *dst, size_t size, const char *text, size_t n);

/* Returns the printable form of the null-terminated 'text' in memory that the
 * caller frees with free(); NULL if there is no memory. */
char *printable_dup(const char *text);

#endif /* printable.h */
