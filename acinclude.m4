# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.

dnl BSD_CHECK_HOST
dnl
dnl Chooses the file that implements lib/host/host.h.
AC_DEFUN([BSD_CHECK_HOST],
  [AS_CASE([$host_os],
     [linux*], [BSD_HOST=linux],
     [freebsd*], [BSD_HOST=freebsd],
     [netbsd*], [BSD_HOST=netbsd],
     [AC_MSG_ERROR([no host interface for $host_os yet: lib/host needs a file that implements lib/host/host.h on it])])
   AC_SUBST([BSD_HOST])
   AM_CONDITIONAL([HOST_LINUX], [test $BSD_HOST = linux])
   AM_CONDITIONAL([HOST_FREEBSD], [test $BSD_HOST = freebsd])
   AM_CONDITIONAL([HOST_NETBSD], [test $BSD_HOST = netbsd])])

dnl BSD_CHECK_PCAP
dnl
dnl libpcap carries the packets of system ports and compiles filters.
AC_DEFUN([BSD_CHECK_PCAP],
  [PCAP_LIBS=
   AC_CHECK_HEADER([pcap/pcap.h], [], [BSD_NO_PCAP])
   bsd_save_LIBS=$LIBS
   AC_CHECK_LIB([pcap], [pcap_set_immediate_mode], [PCAP_LIBS=-lpcap],
                [BSD_NO_PCAP])
   LIBS=$bsd_save_LIBS
   AC_SUBST([PCAP_LIBS])])

AC_DEFUN([BSD_NO_PCAP],
  [AC_MSG_ERROR([libpcap 1.5 or later is required: install its development package (Debian: libpcap-dev; the BSDs have it in their base system)])])

dnl BSD_PACKAGES
dnl
dnl Compilers of the BSDs do not search where packages put their files: here.
AC_DEFUN([BSD_PACKAGES],
  [: ${bsd_packages='/usr/local /usr/pkg'}])

dnl BSD_FIND_HEADER([HEADER])
dnl
dnl If the compiler does not find HEADER but packages have it, makes it search
dnl there, for Open vSwitch's build as well.
AC_DEFUN([BSD_FIND_HEADER],
  [AC_REQUIRE([BSD_PACKAGES])
   AC_PREPROC_IFELSE([AC_LANG_SOURCE([[#include <$1>]])], [],
     [for bsd_prefix in $bsd_packages; do
        AS_IF([test -r "$bsd_prefix/include/$1"],
          [CPPFLAGS="$CPPFLAGS -I$bsd_prefix/include"
           LDFLAGS="$LDFLAGS -L$bsd_prefix/lib -Wl,-rpath,$bsd_prefix/lib"
           break])
      done])])

dnl BSD_CHECK_COMPRESSION
dnl
dnl zlib and zstd compress capture files.
AC_DEFUN([BSD_CHECK_COMPRESSION],
  [BSD_FIND_HEADER([zstd.h])
   bsd_save_LIBS=$LIBS
   LIBS=
   AC_CHECK_HEADERS([zlib.h zstd.h], [],
     [AC_MSG_ERROR([cannot find zlib and zstd, with which capture files are dnl
compressed.  On Debian: apt-get install zlib1g-dev libzstd-dev; dnl
FreeBSD and pkgsrc: zstd])])
   AC_SEARCH_LIBS([deflateBound], [z], [],
     [AC_MSG_ERROR([cannot find zlib; on Debian: apt-get install zlib1g-dev])])
   AC_SEARCH_LIBS([ZSTD_compressBound], [zstd], [],
     [AC_MSG_ERROR([cannot find zstd; on Debian: apt-get install libzstd-dev])])
   COMPRESS_LIBS=$LIBS
   LIBS=$bsd_save_LIBS
   AC_SUBST([COMPRESS_LIBS])])

dnl BSD_CHECK_HTTP
dnl
dnl libmicrohttpd serves metrics.
AC_DEFUN([BSD_CHECK_HTTP],
  [BSD_FIND_HEADER([microhttpd.h])
   bsd_save_LIBS=$LIBS
   LIBS=
   AC_CHECK_HEADER([microhttpd.h], [],
     [AC_MSG_ERROR([cannot find libmicrohttpd, which serves metrics.  dnl
On Debian: apt-get install libmicrohttpd-dev; dnl
FreeBSD and pkgsrc: libmicrohttpd])])
   AC_SEARCH_LIBS([MHD_start_daemon], [microhttpd], [],
     [AC_MSG_ERROR([cannot find libmicrohttpd; on Debian: dnl
apt-get install libmicrohttpd-dev])])
   HTTP_LIBS=$LIBS
   LIBS=$bsd_save_LIBS
   AC_SUBST([HTTP_LIBS])])

dnl BSD_CHECK_UNWIND
dnl
dnl libunwind writes the backtrace of a crash.  FreeBSD's base has a header of
dnl that name, but no such functions in a shared library; so what finds it is
dnl whether a program links.
AC_DEFUN([BSD_CHECK_UNWIND],
  [AC_REQUIRE([BSD_PACKAGES])
   AC_MSG_CHECKING([for libunwind])
   bsd_save_LIBS=$LIBS
   bsd_save_CPPFLAGS=$CPPFLAGS
   bsd_save_LDFLAGS=$LDFLAGS
   UNWIND_LIBS=none
   for bsd_prefix in '' $bsd_packages; do
    AS_IF([test -n "$bsd_prefix"],
      [AS_IF([test ! -r "$bsd_prefix/include/libunwind.h"], [continue])
       CPPFLAGS="$bsd_save_CPPFLAGS -I$bsd_prefix/include"
       LDFLAGS="$bsd_save_LDFLAGS -L$bsd_prefix/lib -Wl,-rpath,$bsd_prefix/lib"])
    for bsd_lib in -lunwind ''; do
     LIBS="$bsd_lib $bsd_save_LIBS"
     AC_LINK_IFELSE(
       [AC_LANG_PROGRAM([[#define UNW_LOCAL_ONLY
                          #include <libunwind.h>]],
                        [[unw_context_t c;
                          unw_cursor_t cursor;
                          char name[64];
                          unw_word_t offset;
                          unw_getcontext(&c);
                          unw_init_local(&cursor, &c);
                          return unw_get_proc_name(&cursor, name,
                                                   sizeof name, &offset);]])],
       [UNWIND_LIBS=$bsd_lib
        break 2])
    done
    CPPFLAGS=$bsd_save_CPPFLAGS
    LDFLAGS=$bsd_save_LDFLAGS
   done
   LIBS=$bsd_save_LIBS
   AS_IF([test "X$UNWIND_LIBS" = Xnone],
         [AC_MSG_RESULT([no])
          AC_MSG_ERROR([libunwind is required: install its development package (Debian: libunwind-dev; FreeBSD and pkgsrc: libunwind)])],
         [AC_MSG_RESULT([yes])])
   AC_SUBST([UNWIND_LIBS])
   dnl The name is a macro with some, for the symbol depends on the processor.
   AC_MSG_CHECKING([for the symbol of unw_get_proc_name])
   AC_LANG_CONFTEST([AC_LANG_SOURCE([[#define UNW_LOCAL_ONLY
#include <libunwind.h>
bsd_symbol: unw_get_proc_name]])])
   UNWIND_GET_PROC_NAME=`$CPP $CPPFLAGS -P conftest.$ac_ext 2>&AS_MESSAGE_LOG_FD | sed -n 's/^bsd_symbol: *//p' | tr -d ' '`
   AS_IF([test -z "$UNWIND_GET_PROC_NAME"],
         [AC_MSG_ERROR([cannot find the symbol of unw_get_proc_name in libunwind.h])])
   AC_MSG_RESULT([$UNWIND_GET_PROC_NAME])
   AC_SUBST([UNWIND_GET_PROC_NAME])])

dnl BSD_CHECK_WARNINGS
dnl
dnl The tree builds without warnings; --enable-Werror holds it to that.
AC_DEFUN([BSD_CHECK_WARNINGS],
  [AC_ARG_ENABLE([Werror],
     [AS_HELP_STRING([--enable-Werror], [treat compiler warnings as errors])])
   WARN_CFLAGS='-Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes'
   dnl Open vSwitch's logging macros compare an enumeration with an integer,
   dnl of which clang complains wherever they are used.
   AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
#ifndef __clang__
#error not clang
#endif]])],
     [WARN_CFLAGS="$WARN_CFLAGS -Wno-sign-compare"])
   AS_IF([test "X$enable_Werror" = Xyes],
         [WARN_CFLAGS="$WARN_CFLAGS -Werror"])
   AC_SUBST([WARN_CFLAGS])])

dnl BSD_CHECK_PREFETCH
dnl
dnl Sets PREFETCH_CFLAGS so that OVS_PREFETCH_WRITE gets memory for writing.  On
dnl x86-64 compilers use an instruction that gets it for reading unless told of
dnl one that first came with an extension; processors of that kind which lack it
dnl take it for a no-operation.
AC_DEFUN([BSD_CHECK_PREFETCH],
  [AC_MSG_CHECKING([how to prefetch for writing])
   bsd_save_CFLAGS=$CFLAGS
   PREFETCH_CFLAGS=-mprfchw
   CFLAGS="$CFLAGS $PREFETCH_CFLAGS -Werror"
   AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [__builtin_prefetch(main, 1);])],
     [], [PREFETCH_CFLAGS=])
   CFLAGS=$bsd_save_CFLAGS
   AC_MSG_RESULT([${PREFETCH_CFLAGS:-as the compiler does}])
   AC_SUBST([PREFETCH_CFLAGS])])

dnl BSD_CHECK_OVS
dnl
dnl Finds the source and build trees of Open vSwitch, or unpacks the source of
dnl the distribution's package to be built within our build tree by make.
AC_DEFUN([BSD_CHECK_OVS],
  [AC_ARG_WITH([ovs-source],
     [AS_HELP_STRING([--with-ovs-source=DIR],
        [source tree of Open vSwitch (default: what the package openvswitch-source installs, copied to the build tree)])])
   AC_ARG_WITH([ovs-build],
     [AS_HELP_STRING([--with-ovs-build=DIR],
        [built tree of Open vSwitch (default: built by make in the build tree)])])

   bsd_top=`pwd -P`
   AS_CASE([$with_ovs_source],
     [''|no|yes], [BSD_UNPACK_OVS],
     [OVS_SOURCE=`cd "$with_ovs_source" 2>/dev/null && pwd -P`])
   AS_IF([test ! -r "$OVS_SOURCE/lib/netdev-provider.h"],
     [AC_MSG_ERROR([--with-ovs-source=$with_ovs_source is not a source tree of Open vSwitch (no lib/netdev-provider.h in it)])])
   AS_IF([test ! -x "$OVS_SOURCE/configure"],
     [AC_MSG_ERROR([$OVS_SOURCE has no configure script: run boot.sh there first])])
   dnl What differs between later versions is found below, one by one.
   bsd_version=`sed -n "s/^PACKAGE_VERSION='\(.*\)'$/\1/p" "$OVS_SOURCE/configure"`
   AS_CASE([$bsd_version],
     [0.*|1.*|2.*|3.0.*],
       [AC_MSG_ERROR([$OVS_SOURCE is Open vSwitch $bsd_version: version 3.1 or later is required; name a tree of one by --with-ovs-source=DIR])])

   OVS_BUILD_NOTE=
   AS_CASE([$with_ovs_build],
     [''|no|yes],
       [OVS_BUILD=$bsd_top/ovs/build
        OVS_BUILD_NOTE=' (make builds it)'
        bsd_build_ovs=yes],
     [OVS_BUILD=`cd "$with_ovs_build" 2>/dev/null && pwd -P`
      bsd_build_ovs=no
      for bsd_file in config.h lib/libopenvswitch.la lib/libsflow.la \
                      ofproto/libofproto.la vswitchd/bridge.o; do
        AS_IF([test ! -r "$OVS_BUILD/$bsd_file"],
          [AC_MSG_ERROR([--with-ovs-build=$with_ovs_build is not a built tree of Open vSwitch (no $bsd_file in it): finish its build by "make", or leave the option out and make builds one])])
      done
      bsd_built=`sed -n 's/^#define PACKAGE_VERSION "\(.*\)"$/\1/p' "$OVS_BUILD/config.h"`
      AS_IF([test "X$bsd_built" != "X$bsd_version"],
        [AC_MSG_ERROR([$OVS_BUILD was built from Open vSwitch $bsd_built, but $OVS_SOURCE is $bsd_version: name the source that belongs to it by --with-ovs-source=DIR])])
      dnl Calls within a shared library reach none of our wrappers.
      AS_IF([grep "^dlname='..*'" "$OVS_BUILD/lib/libopenvswitch.la" "$OVS_BUILD/ofproto/libofproto.la" >/dev/null],
        [AC_MSG_ERROR([--with-ovs-build=$with_ovs_build has shared libraries, in which packets do not pass our tap points: configure Open vSwitch without --enable-shared])])])
   AM_CONDITIONAL([BUILD_OVS], [test $bsd_build_ovs = yes])

   AC_SUBST([OVS_SOURCE])
   AC_SUBST([OVS_BUILD])
   BSD_OVS_DIRECTORIES
   BSD_OVS_TOOLS
   BSD_OVS_FEATURES])

dnl BSD_OVS_DIRECTORIES
dnl
dnl The directories of the database, the sockets and the logs are compiled into
dnl Open vSwitch's libraries, so they can be chosen where these are built only.
AC_DEFUN([BSD_OVS_DIRECTORIES],
  [BSD_OVS_DIRECTORY([dbdir], [database], [${sysconfdir}/openvswitch])
   BSD_OVS_DIRECTORY([rundir], [sockets and pid files],
                     [${localstatedir}/run/openvswitch])
   BSD_OVS_DIRECTORY([logdir], [logs], [${localstatedir}/log/openvswitch])])

dnl BSD_OVS_DIRECTORY([NAME], [WHAT], [DEFAULT])
AC_DEFUN([BSD_OVS_DIRECTORY],
  [AC_ARG_WITH([$1],
     [AS_HELP_STRING([--with-$1=DIR],
        [directory of the $2 @<:@$3@:>@])])
   AS_CASE([$with_$1],
     [''], [ovs_$1='$3'],
     [/*],
       [ovs_$1=$with_$1
        AS_IF([test $bsd_build_ovs = no],
          [AC_MSG_ERROR([--with-$1 cannot change an Open vSwitch that is already built: give it to the configure of $OVS_BUILD])])
        OVS_CONFIGURE_FLAGS="$OVS_CONFIGURE_FLAGS '--with-$1=$with_$1'"],
     [AC_MSG_ERROR([--with-$1 takes the name of a directory that begins with /, not "$with_$1"])])
   AC_SUBST([ovs_$1])])

dnl BSD_OVS_TOOLS
dnl
dnl Whether "make install" brings Open vSwitch's own programs, too.
AC_DEFUN([BSD_OVS_TOOLS],
  [AC_ARG_WITH([tools],
     [AS_HELP_STRING([--without-tools],
        [do not install Open vSwitch's own programs (ovsdb-server, ovs-vsctl, ovs-ctl...), which the machine has; the default if --with-ovs-build is given])])
   AS_IF([test -z "$with_tools"], [with_tools=$bsd_build_ovs])
   AM_CONDITIONAL([INSTALL_TOOLS], [test "$with_tools" != no])
   dnl What Open vSwitch's configure must know of a cross build.
   AS_IF([test -n "$host_alias"],
     [OVS_CONFIGURE_FLAGS="$OVS_CONFIGURE_FLAGS '--host=$host_alias'"])
   AS_IF([test -n "$build_alias"],
     [OVS_CONFIGURE_FLAGS="$OVS_CONFIGURE_FLAGS '--build=$build_alias'"])
   AC_SUBST([OVS_CONFIGURE_FLAGS])])

dnl BSD_UNPACK_OVS
dnl
dnl Sets OVS_SOURCE to a copy of the packaged source in our build tree.  The
dnl package openvswitch-source brings a tarball or, since Debian 13, a tree.
dnl The copy gets its name when it is whole, so that whatever interrupts it (a
dnl full disk) leaves nothing that a later run takes for a source tree.
AC_DEFUN([BSD_UNPACK_OVS],
  [bsd_packaged=/usr/src/openvswitch
   OVS_SOURCE=$bsd_top/ovs/source/openvswitch
   AS_IF([test ! -x "$OVS_SOURCE/configure"],
     [AS_IF([test -r $bsd_packaged/openvswitch.tar.gz],
        [bsd_how="gzip -dc $bsd_packaged/openvswitch.tar.gz"],
        [test -x $bsd_packaged/configure],
        [bsd_how="tar cf - -C /usr/src openvswitch"],
        [AC_MSG_ERROR([no source of Open vSwitch in $bsd_packaged: install the package openvswitch-source (again, if it is installed: apt-get --reinstall install openvswitch-source), or name a tree by --with-ovs-source=DIR])])
      AC_MSG_NOTICE([copying the source of Open vSwitch from $bsd_packaged])
      rm -rf ovs/source ovs/unpacked
      AS_MKDIR_P([ovs/unpacked])
      ($bsd_how | (cd ovs/unpacked && tar xf -)) \
        && test -x ovs/unpacked/openvswitch/configure \
        && mv ovs/unpacked ovs/source \
        || AC_MSG_ERROR([cannot copy $bsd_packaged to $bsd_top/ovs/unpacked: see that there is room on the disk, and that the package is whole (apt-get --reinstall install openvswitch-source)])])])

dnl BSD_OVS_FEATURES
dnl
dnl What differs between the versions of Open vSwitch that this project builds
dnl with is found in its headers, never by its version number.
AC_DEFUN([BSD_OVS_FEATURES],
  [BSD_OVS_GREP([lib/netdev-provider.h], [(\*get_speed)],
     [OVS_NETDEV_HAS_GET_SPEED],
     [Define to 1 if struct netdev_class has get_speed.])
   BSD_OVS_GREP([lib/netdev-provider.h], [(\*get_duplex)],
     [OVS_NETDEV_HAS_GET_DUPLEX],
     [Define to 1 if struct netdev_class has get_duplex.])
   BSD_OVS_GREP([lib/netdev.h], [\*ingress_netdev],
     [OVS_NETDEV_PUSH_HEADER_HAS_INGRESS],
     [Define to 1 if netdev_push_header() takes an ingress netdev.])
   BSD_OVS_GREP([lib/dp-packet.h], [bool has_mark;],
     [OVS_DP_PACKET_HAS_MARK],
     [Define to 1 if struct dp_packet has has_mark.])
   BSD_OVS_GREP([lib/dp-packet.h], [dp_packet_hwol_is_tso(],
     [OVS_DP_PACKET_HAS_HWOL],
     [Define to 1 if dp-packet.h has dp_packet_hwol_is_tso().])
   BSD_OVS_GREP([lib/dp-packet.h], [dp_packet_ol_send_prepare(],
     [OVS_DP_PACKET_HAS_SEND_PREPARE],
     [Define to 1 if dp-packet.h has dp_packet_ol_send_prepare().])
   BSD_OVS_GREP([lib/dp-packet.h], [dp_packet_set_tso_segsz(],
     [OVS_DP_PACKET_HAS_SEGSZ],
     [Define to 1 if packets know the size of their TCP segments.])
   BSD_OVS_GREP([lib/dp-packet.h], [uint16_t csum_start;],
     [OVS_DP_PACKET_HAS_CSUM_START],
     [Define to 1 if packets know where an unfinished checksum starts.])
   BSD_OVS_GREP([lib/dp-packet-gso.c], [tnl],
     [OVS_DP_PACKET_HAS_TUNNEL_GSO],
     [Define to 1 if packets in tunnels may stand for several.])
   BSD_OVS_GREP([lib/dpif-netdev.c], [COVERAGE_ADD(datapath_drop_meter],
     [OVS_METERS_COUNT_LAST],
     [Define to 1 if meters count what they drop after they deleted it all.])
   BSD_OVS_GREP([include/openvswitch/json.h], [json_array_at(],
     [OVS_JSON_HAS_ARRAY_AT],
     [Define to 1 if json.h has json_array_at().])
   BSD_OVS_GREP([ofproto/ofproto.h], [ofproto_ct_zone_limit_protection_update(],
     [OVS_OFPROTO_HAS_CT_ZONE_LIMIT],
     [Define to 1 if ofproto.h has the limits of zones of 3.4 and later.])
   BSD_OVS_GREP([lib/ovs-router.h], [void ovs_router_insert(uint32_t table,],
     [OVS_ROUTER_HAS_TABLES],
     [Define to 1 if ovs_router_insert() takes the number of a table.])
   BSD_OVS_GREP([lib/ovs-router.h], [prefsrc],
     [OVS_ROUTER_HAS_PREFSRC],
     [Define to 1 if ovs_router_insert() takes a preferred source address.])
   BSD_OVS_GREP([lib/util.h], [set_all_memory_locked(],
     [OVS_HAS_SET_ALL_MEMORY_LOCKED],
     [Define to 1 if util.h has set_all_memory_locked().])
   BSD_OVS_GREP([lib/daemon.h], [daemonize_start(.*, bool],
     [OVS_DAEMON_HAS_RAWIO],
     [Define to 1 if daemonize_start() may keep access to hardware.])])

dnl BSD_OVS_GREP([FILE], [REGEX], [SYMBOL], [DESCRIPTION])
AC_DEFUN([BSD_OVS_GREP],
  [AC_MSG_CHECKING([whether Open vSwitch's $1 has $2])
   AS_IF([grep '$2' "$OVS_SOURCE/$1" >/dev/null 2>&1],
     [AC_MSG_RESULT([yes])
      AC_DEFINE([$3], [1], [$4])],
     [AC_MSG_RESULT([no])])])
