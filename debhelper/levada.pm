# SPDX-License-Identifier: Apache-2.0
# debhelper's sequence of packages with plugins for levada: Build-Depends: dh-sequence-levada.
use warnings;
use strict;
use Debian::Debhelper::Dh_Lib;

insert_before('dh_installdeb', 'dh_levada');

1;
