/* A microphone at an ESP32's I2S port, with the driver of Arduino core 2 (ESP-IDF 4.4). Build flags
 * name its pins: KWS_I2S_BCLK, KWS_I2S_WS and KWS_I2S_DIN for an I2S microphone such as the INMP441
 * (24 bits in slots of 32), or KWS_PDM_CLK and KWS_PDM_DATA for a PDM microphone. KWS_MIC_RIGHT
 * means that it drives the right channel (L/R or SELECT is high).
 *
 * platformio.ini pins the platform because IDF 4.4 swapped left and right for a single channel
 * until 4.4.5; Arduino core 2.0.17 contains 4.4.7. */
#if defined(ARDUINO_ARCH_ESP32)

#include <driver/i2s.h>
#include <freertos/FreeRTOS.h>
#include <freertos/queue.h>

#include "kws_audio.h"

#if defined(KWS_PDM_CLK) && defined(KWS_PDM_DATA)
typedef int16_t kws_slot;
static const int mode = I2S_MODE_MASTER | I2S_MODE_RX | I2S_MODE_PDM;
static const i2s_bits_per_sample_t bits = I2S_BITS_PER_SAMPLE_16BIT;
static const int clock_pin = I2S_PIN_NO_CHANGE, select_pin = KWS_PDM_CLK, data_pin = KWS_PDM_DATA;
static const int shift = 0;
#elif defined(KWS_I2S_BCLK) && defined(KWS_I2S_WS) && defined(KWS_I2S_DIN)
typedef int32_t kws_slot; /* with slots of 16 bits, the ESP32 swaps neighbouring samples */
static const int mode = I2S_MODE_MASTER | I2S_MODE_RX;
static const i2s_bits_per_sample_t bits = I2S_BITS_PER_SAMPLE_32BIT;
static const int clock_pin = KWS_I2S_BCLK, select_pin = KWS_I2S_WS, data_pin = KWS_I2S_DIN;
static const int shift = 14; /* 12 dB more than the upper 16 bits: full scale is 108 dB SPL */
#else
#error "name the microphone's pins: -DKWS_I2S_BCLK -DKWS_I2S_WS -DKWS_I2S_DIN, or -DKWS_PDM_CLK -DKWS_PDM_DATA"
#endif

#if defined(KWS_MIC_RIGHT)
static const i2s_channel_fmt_t channel = I2S_CHANNEL_FMT_ONLY_RIGHT;
#else
static const i2s_channel_fmt_t channel = I2S_CHANNEL_FMT_ONLY_LEFT;
#endif

static const i2s_port_t port = I2S_NUM_0; /* the only port with PDM */
static const int buffers_per_second = 100;
/* Half a second, while the network runs; 32 kB at 16 kHz and 32 bits, 96 kB at 48 kHz. */
static const int buffers = 50;
static const int read_samples = 160;      /* most samples per read */
static const uint32_t settling = 500;     /* ms */

static QueueHandle_t events;
static int buffer_samples;
static uint32_t lost;

/* The driver reports each buffer that it discarded. */
static void count_lost(void)
{
    i2s_event_t event;
    while (xQueueReceive(events, &event, 0) == pdTRUE) {
        lost += event.type == I2S_EVENT_RX_Q_OVF ? static_cast<uint32_t>(buffer_samples) : 0U;
    }
}

bool kws_audio_start(uint32_t rate)
{
    buffer_samples = static_cast<int>(rate) / buffers_per_second;
    i2s_config_t config = {};
    config.mode = static_cast<i2s_mode_t>(mode);
    config.sample_rate = rate;
    config.bits_per_sample = bits;
    config.channel_format = channel;
    config.communication_format = I2S_COMM_FORMAT_STAND_I2S;
    config.intr_alloc_flags = ESP_INTR_FLAG_LEVEL1;
    config.dma_buf_count = buffers;
    config.dma_buf_len = buffer_samples;

    i2s_pin_config_t pins = {};
    pins.mck_io_num = I2S_PIN_NO_CHANGE;
    pins.bck_io_num = clock_pin;
    pins.ws_io_num = select_pin;
    pins.data_out_num = I2S_PIN_NO_CHANGE;
    pins.data_in_num = data_pin;

    /* two events per buffer, and as many to spare before one goes uncounted */
    return i2s_driver_install(port, &config, 4 * buffers, &events) == ESP_OK &&
           i2s_set_pin(port, &pins) == ESP_OK;
}

int32_t kws_audio_read(int16_t *samples, int32_t count)
{
    kws_slot slots[read_samples];
    const size_t wanted = count <= 0             ? 0
                          : count < read_samples ? static_cast<size_t>(count)
                                                 : static_cast<size_t>(read_samples);
    size_t bytes = 0;

    if (i2s_read(port, slots, wanted * sizeof slots[0], &bytes, 0) != ESP_OK) {
        return 0;
    }
    const int32_t came = static_cast<int32_t>(bytes / sizeof slots[0]);
    for (int32_t i = 0; i < came; i++) {
        const int32_t value = slots[i] >> shift;
        samples[i] = static_cast<int16_t>(value > INT16_MAX   ? INT16_MAX
                                          : value < INT16_MIN ? INT16_MIN
                                                              : value);
    }
    return came;
}

uint32_t kws_audio_lost(void)
{
    count_lost();
    return lost;
}

uint32_t kws_audio_settling_ms(void)
{
    return settling;
}

#endif
