#include "kws_stages.h"

/* Writes sums of mirrored bands to the lower half and differences to the upper half: even DCT rows
 * need only the sums, odd rows only the differences. A middle band is its own mirror. */
static void fold(kws_word *log_mel, int32_t bands)
{
    for (int32_t i = 0; i < bands / 2; i++) {
        const kws_word low = log_mel[i], high = log_mel[bands - 1 - i];
        log_mel[i] = low + high;
        log_mel[bands - 1 - i] = low - high;
    }
}

/* sum + the upper words of the products. Four at a time, because the loop costs as much as one. */
#if KWS_LOOPS

static __attribute__((noinline)) kws_word dot(const int32_t *row, const kws_word *values,
                                              int32_t length, kws_word sum)
{
    __asm__("subs %[length], #4 \n"
            "blt 2f \n"
            "1: \n"
            "ldmia %[values]!, {r4, r5, r6, r8} \n"
            "ldmia %[row]!, {r9, r10, r12, lr} \n"
            "smmla %[sum], r4, r9, %[sum] \n"
            "smmla %[sum], r5, r10, %[sum] \n"
            "smmla %[sum], r6, r12, %[sum] \n"
            "smmla %[sum], r8, lr, %[sum] \n"
            "subs %[length], #4 \n"
            "bge 1b \n"
            "2: \n"
            "adds %[length], #4 \n"
            "beq 4f \n"
            "3: \n"
            "ldr r4, [%[values]], #4 \n"
            "ldr r9, [%[row]], #4 \n"
            "smmla %[sum], r4, r9, %[sum] \n"
            "subs %[length], #1 \n"
            "bne 3b \n"
            "4: \n"
            : [sum] "+r"(sum), [row] "+r"(row), [values] "+r"(values), [length] "+r"(length)
            :
            : "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "cc", "memory");
    return sum;
}

#else

static kws_word dot(const int32_t *row, const kws_word *values, int32_t length, kws_word sum)
{
    for (; length >= 4; length -= 4, row += 4, values += 4) {
        sum = kws_high_add(sum, values[0], row[0]);
        sum = kws_high_add(sum, values[1], row[1]);
        sum = kws_high_add(sum, values[2], row[2]);
        sum = kws_high_add(sum, values[3], row[3]);
    }
    for (; length > 0; length--) {
        sum = kws_high_add(sum, *values++, *row++);
    }
    return sum;
}

#endif

void kws_project(const kws_frontend_tables *tables, kws_word *log_mel, int16_t *frame)
{
    const int32_t length = tables->row_length;
    const kws_word *const sums = log_mel;
    const kws_word *const differences = log_mel + tables->mel_bands / 2; /* innermost first */
    const int32_t *row = tables->rows;
    if (tables->dct) {
        fold(log_mel, tables->mel_bands);
    }
    const int32_t *const bias = tables->bias; /* copies, which the assembly does not reload */
    const int32_t count = tables->coefficients, shift = tables->row_shift;
    const bool dct = tables->dct;
    for (int32_t i = 0; i < count; i++, row += length) {
        const kws_word *const values = !dct ? log_mel + i : i % 2 ? differences : sums;
        kws_store_16(frame, i, dot(row, values, length, kws_all(bias[i])) >> shift);
    }
}
