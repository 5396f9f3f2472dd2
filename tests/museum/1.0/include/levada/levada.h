/* SPDX-License-Identifier: Apache-2.0 */
/* The whole SDK of levada: the ABI and its conveniences. */
#ifndef LEVADA_LEVADA_H
#define LEVADA_LEVADA_H

#include <levada/helpers.h>
#include <levada/plugin.h>

#endif
