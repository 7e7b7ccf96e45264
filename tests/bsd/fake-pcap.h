/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Redirects the capture half of libpcap to fake-pcap.c.  Included ahead of
 * everything else (gcc -include) by whatever is to capture on the fake kernel.
 * Filters are still compiled by libpcap itself.  Threads: as libpcap. */

#ifndef TESTS_BSD_FAKE_PCAP_H
#define TESTS_BSD_FAKE_PCAP_H 1

#define pcap_create fakepcap_create
#define pcap_set_snaplen fakepcap_set_snaplen
#define pcap_set_promisc fakepcap_set_promisc
#define pcap_set_immediate_mode fakepcap_set_immediate_mode
#define pcap_set_tstamp_precision fakepcap_set_tstamp_precision
#define pcap_get_tstamp_precision fakepcap_get_tstamp_precision
#define pcap_set_timeout fakepcap_set_timeout
#define pcap_set_buffer_size fakepcap_set_buffer_size
#define pcap_activate fakepcap_activate
#define pcap_setnonblock fakepcap_setnonblock
#define pcap_setdirection fakepcap_setdirection
#define pcap_setfilter fakepcap_setfilter
#define pcap_datalink fakepcap_datalink
#define pcap_dispatch fakepcap_dispatch
#define pcap_fileno fakepcap_fileno
#define pcap_get_selectable_fd fakepcap_get_selectable_fd
#define pcap_geterr fakepcap_geterr
#define pcap_stats fakepcap_stats
#define pcap_close fakepcap_close

#endif /* tests/bsd/fake-pcap.h */
