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

#ifndef TAP_OVSDB_H
#define TAP_OVSDB_H 1

/* Ports and settings, as the database has them.  Main thread only. */

#include <stdbool.h>

struct svec;

/* Begins to follow the database at 'remote'.  'rundir' is where relative
 * paths in the configuration start. */
void tap_ovsdb_init(const char *remote, const char *rundir);
void tap_ovsdb_exit(void);

/* Takes what changed in the database, and in the netdevs of tunnels, over into
 * lib/bpf. */
void tap_ovsdb_run(void);
void tap_ovsdb_wait(void);

/* True as soon as the database has been read once. */
bool tap_ovsdb_is_ready(void);

/* The settings that were ignored, one line for each.  Valid until the next
 * tap_ovsdb_run(). */
const struct svec *tap_ovsdb_problems(void);

#endif /* tap-ovsdb.h */
