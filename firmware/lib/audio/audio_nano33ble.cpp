/* The microphone of the Nano 33 BLE Sense, rev1 (MP34DT05) and rev2 (MP34DT06): PDM at 1.28 MHz,
 * decimated by the nRF52840 to 16 kHz.
 *
 * The PDM library hands out the buffer that EasyDMA has just begun to refill, so its samples
 * come one buffer (16 ms) later than necessary. They are complete only if the interrupt is
 * prompt: while it is delayed, new samples overwrite the head of the buffer, and nothing counts
 * them. */
#if defined(ARDUINO_ARDUINO_NANO33BLE)

#include <PDM.h>

#include <atomic>

#include "kws_audio.h"

#if !defined(KWS_PDM_GAIN)
/* In half decibels above -20 dB; speech across a desk stays far below full scale. */
#define KWS_PDM_GAIN 60
#endif

static const uint32_t ring_samples = 8192; /* a power of two: half a second */
static const int32_t part_samples = 256;   /* 16 ms, from one interrupt to the next */
static const uint32_t settling = 2000;     /* ms */

static int16_t ring[ring_samples];
static int16_t part[part_samples];
static std::atomic<uint32_t> came, taken, lost; /* counts of samples; they wrap around */
static std::atomic<bool> full; /* samples were dropped and the ring is not empty yet */

/* Runs in the interrupt. It must read everything at once: the library switches the microphone
 * off for good if a buffer is still unread when the next one is full. */
static void receive(void)
{
    const int32_t bytes = PDM.read(part, sizeof part);
    const uint32_t count = bytes > 0 ? static_cast<uint32_t>(bytes) / sizeof part[0] : 0;
    const uint32_t first = came.load(std::memory_order_relaxed);
    const uint32_t there = first - taken.load(std::memory_order_acquire);
    const bool dropping = there > 0 && full.load(std::memory_order_relaxed);
    const uint32_t room = dropping ? 0 : ring_samples - there;
    const uint32_t kept = count < room ? count : room;

    for (uint32_t i = 0; i < kept; i++) {
        ring[(first + i) % ring_samples] = part[i];
    }
    came.store(first + kept, std::memory_order_release);
    /* after the first loss, drop everything until the ring has been read: one gap, after its
     * samples */
    full.store(kept < count, std::memory_order_relaxed);
    lost.store(lost.load(std::memory_order_relaxed) + count - kept, std::memory_order_relaxed);
}

bool kws_audio_start(uint32_t rate)
{
    PDM.onReceive(receive);
    PDM.setBufferSize(static_cast<int>(sizeof part));
    PDM.setGain(KWS_PDM_GAIN);
    return PDM.begin(1, static_cast<int>(rate)) != 0;
}

int32_t kws_audio_read(int16_t *samples, int32_t count)
{
    const uint32_t first = taken.load(std::memory_order_relaxed);
    const uint32_t there = came.load(std::memory_order_acquire) - first;
    const uint32_t wanted = count > 0 ? static_cast<uint32_t>(count) : 0;
    const uint32_t now = there < wanted ? there : wanted;

    for (uint32_t i = 0; i < now; i++) {
        samples[i] = ring[(first + i) % ring_samples];
    }
    taken.store(first + now, std::memory_order_release);
    return static_cast<int32_t>(now);
}

/* A loss is reported only when the ring has been read, because the gap comes after its samples. */
uint32_t kws_audio_lost(void)
{
    static uint32_t told;
    if (taken.load(std::memory_order_relaxed) == came.load(std::memory_order_acquire)) {
        told = lost.load(std::memory_order_relaxed);
    }
    return told;
}

uint32_t kws_audio_settling_ms(void)
{
    return settling;
}

#endif
