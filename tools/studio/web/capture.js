// Runs in the browser's audio thread: passes on the microphone's samples, a thousand at a time.
const PIECE = 1024;

registerProcessor("capture", class extends AudioWorkletProcessor {
  samples = new Float32Array(PIECE);
  filled = 0;

  process([[channel]]) {
    for (const sample of channel ?? []) {
      this.samples[this.filled++] = sample;
      if (this.filled === PIECE) {
        this.port.postMessage(this.samples);
        this.filled = 0;
      }
    }
    return true;
  }
});
