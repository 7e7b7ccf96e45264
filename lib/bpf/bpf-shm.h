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


#ifndef BPF_SHM_H
#define BPF_SHM_H 1

/* Memory that the daemon writes and a client can only read
 * ========================================================
 *
 * The daemon makes the memory and maps it; a client that is given the
 * descriptor can map it for reading and can neither write to it nor change its
 * size.  Where the system has sealed anonymous files that is what is used,
 * elsewhere POSIX shared memory that is unlinked at once; both are opened a
 * second time, for reading only.
 *
 * The functions may be called by any thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Makes 'size' bytes of zeroed memory, all of them backed by pages so that
 * writing to them can neither fail nor wait, and stores their address, which
 * is aligned to a page, in '*memp', and the client's descriptor, which the
 * caller closes, in '*fdp'.  Returns 0 or a positive errno value (ENOMEM,
 * EMFILE...). */
int bpf_shm_create(size_t size, uint8_t **memp, int *fdp);

/* Gives back the 'size' bytes at 'mem'.  A client that still has them mapped
 * keeps its view of them, and so the pages.  With 'discard', where the system
 * is able to do that (Linux), the pages are given back at once, and such a
 * client sees zeros: so it cannot make us allocate more than we count. */
void bpf_shm_destroy(uint8_t *mem, size_t size, bool discard);

#endif /* bpf/bpf-shm.h */
