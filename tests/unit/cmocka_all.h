/* SPDX-License-Identifier: MIT */
#ifndef GD_TEST_CMOCKA_ALL_H
#define GD_TEST_CMOCKA_ALL_H
/* cmocka, with what must be included before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#endif
