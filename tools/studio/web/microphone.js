// The microphone at 16 kHz, without the voice processing that browsers apply to calls.
import { createResampler } from "./resample.js";
import { captureUrl } from "./server.js";
import { toInt16 } from "./wav.js";

// Calls heard(Int16Array) until the returned function is called.
export async function openMicrophone(rate, heard) {
  if (!navigator.mediaDevices) {
    throw new Error("this page may not use the microphone: open it as http://127.0.0.1, or as a file");
  }
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  });
  const context = new AudioContext();
  const close = () => {
    stream.getTracks().forEach((track) => track.stop());
    return context.close();
  };
  try {
    await context.audioWorklet.addModule(captureUrl());
  } catch (error) {
    await close();
    throw error;
  }
  const push = context.sampleRate === rate ? (samples) => samples : createResampler(context.sampleRate, rate);
  const capture = new AudioWorkletNode(context, "capture", { channelCount: 1, channelCountMode: "explicit" });
  capture.port.onmessage = ({ data }) => heard(toInt16(push(data.map((x) => x * 32768))));
  // audio only flows if connected to an output; the capture node outputs nothing
  context.createMediaStreamSource(stream).connect(capture).connect(context.destination);
  await context.resume();
  return close;
}
