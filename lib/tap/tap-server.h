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

#ifndef TAP_SERVER_H
#define TAP_SERVER_H 1

#include <stdbool.h>

/* The server of capture clients, as the configuration wants it.  Main thread
 * only. */

void tap_server_init(void);

/* Ends the server, which disconnects every client.  Returns false if that
 * takes too long to wait for; then what clients use must not be freed. */
bool tap_server_exit(void);

/* Brings the server into the state that the configuration asks for, and tries
 * again later if that failed. */
void tap_server_run(void);
void tap_server_wait(void);

/* Returns one line that says why capture clients are not listened to although
 * they should be, or NULL.  Valid until the next tap_server_run(). */
const char *tap_server_error(void);

#endif /* tap-server.h */
