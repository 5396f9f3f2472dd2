/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CONFORMANCE_ACCOUNT_H
#define HOST_CONFORMANCE_ACCOUNT_H

/* What became of the records of a callback, before it is forgotten. */

#include "conformance/rig.h"

/* Each record of @input has to end in one way, which @status says of those that were not emitted.
 */
void account_process(struct instance *instance, const struct batch *input, levada_status status);

/* No more than @max_records; where they end. */
void account_poll(struct instance *instance, uint32_t max_records, levada_status status);

/* Reads everything that was emitted, as stages below would. */
void account_emissions(struct instance *instance);

#endif
