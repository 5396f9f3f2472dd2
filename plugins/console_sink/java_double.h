/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_CONSOLE_SINK_JAVA_DOUBLE_H
#define PLUGINS_CONSOLE_SINK_JAVA_DOUBLE_H

#include <stddef.h>

#define JAVA_DOUBLE_SIZE 32

/*
 * @value as Java's Double.toString writes it (JDK 19 and later): the shortest decimal that reads
 * back, plain from 0.001 to below 10,000,000, otherwise "1.0E20". Returns the length; no NUL.
 */
size_t java_double(double value, char buf[JAVA_DOUBLE_SIZE]);

#endif
