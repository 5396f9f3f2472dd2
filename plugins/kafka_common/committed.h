/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_KAFKA_COMMON_COMMITTED_H
#define PLUGINS_KAFKA_COMMON_COMMITTED_H

/*
 * What stands beside an offset of a group that was committed together with state (LEVADA_P_STATE).
 * Whoever sets the offset by hand takes it away, and so says that there is to be no state.
 */
#define COMMITTED_WITH_STATE "levada: with state"

#endif
