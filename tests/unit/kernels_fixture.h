/* SPDX-License-Identifier: MIT */
#ifndef GD_TEST_KERNELS_FIXTURE_H
#define GD_TEST_KERNELS_FIXTURE_H
/* Files of kernels by their names alone, put into a tree. */
#include "rocm_fixture.h"

#define BLAS "/opt/rocm/lib/rocblas/library"
#define TYPE "TensileLibrary_Type_HH_Contraction_l_Ailk_Bjlk_Cijk_Dijk"

static inline void put_in(const char *folder, const char *name)
{
	gd_autofree path = gd_xasprintf("%s/%s", folder, name);

	put(path, "");
}

/* Names with blanks between them. */
static inline void put_all(const char *folder, const char *names)
{
	gd_autostrv list = { 0 };

	gd_strv_split(&list, names, " ");
	for (size_t i = 0; i < list.count; i++)
		put_in(folder, list.items[i]);
}

static inline void put_rocblas(const char *names)
{
	put("/opt/rocm/lib/librocblas.so.5.2.70201", "");
	put_all(BLAS, names);
}

#endif
