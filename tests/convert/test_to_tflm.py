"""From a run to a bundle: proven, complete, compilable, and the same twice."""

import json
import re
import shutil
from pathlib import Path

import pytest

from convert import check, to_tflm
from convert.bundle import MANIFEST
from convert.detector import ISOLATED_MS
from convert.errors import TargetError
from convert.graph import read_graph
from convert.native.engine import RUNTIME
from convert.operators import resolvers
from convert.targets import FRONTEND, TARGETS, run_tool
from tests.convert.models import LABELS, family

FLAGS = ("-Wall", "-Wextra", "-Wconversion", "-Werror", f"-I{FRONTEND}", f"-I{RUNTIME}")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_manifest_says_what_was_proven(run: Path, bundle: Path) -> None:
    manifest = json.loads((bundle / MANIFEST).read_text())
    accuracy = manifest["accuracy"]
    assert list(accuracy) == ["float", "quantized", "tflite", "tflm", "native"]
    assert accuracy["tflite"] == accuracy["tflm"] == accuracy["native"] > 0.3  # chance is 0.08
    assert round(260 * (accuracy["quantized"] - accuracy["tflite"])) <= 1  # 0.3 % of 260
    trained = json.loads((run / "metrics.json").read_text())["models"]
    assert accuracy["tflite"] == trained["int8"]["accuracy"]
    assert manifest["tested"].endswith("windows of the run's development data")
    assert manifest["sparsity"] >= 0.495
    assert manifest["parameters"] < 12_000 and manifest["macs"] > 100_000
    assert manifest["versions"]["tensorflow"] and manifest["versions"]["tflite-micro"]
    assert str(run.parent) not in (bundle / MANIFEST).read_text()  # no path of this computer


def test_the_proof_is_kept_with_the_run(run: Path, bundle: Path) -> None:
    text = (run / "conversion.md").read_text()
    for what in ("Keras, float", "Keras, quantization-aware", "TensorFlow Lite, int8",
                 "TensorFlow Lite Micro, int8", "native engine, int8", "features: C = numpy",
                 "Micro = native engine", "to spare"):  # fmt: skip
        assert what in text
    assert "| NO |" not in text


def test_the_same_run_gives_the_same_bytes(run: Path, bundle: Path, tmp_path: Path) -> None:
    assert to_tflm.main(["--run", str(run), "--out", str(tmp_path / "model")]) == 0
    assert contents(tmp_path / "model") == contents(bundle)


def test_the_resolver_has_exactly_the_operators(run: Path, bundle: Path) -> None:
    text = (bundle / "kws_op_resolver.h").read_text()
    methods = resolvers(read_graph((run / "model.tflite").read_bytes()))
    kind = "KwsExactResolver" if "AddMean" in methods else "tflite::MicroMutableOpResolver"
    assert f"using KwsOpResolver = {kind}<{len(methods)}>;" in text
    assert text.count("resolver.Add") == len(methods)
    assert all(f"resolver.{method}()" in text for method in methods)


def test_the_array_is_the_file(run: Path, bundle: Path, tmp_path: Path) -> None:
    """Compiled, linked and read back."""
    (tmp_path / "main.cc").write_text(
        '#include <cstdio>\n#include "kws_settings.h"\n'
        "int main() {\n"
        "    if (reinterpret_cast<uintptr_t>(kws_model_data) % 16 != 0) return 1;\n"
        "    fwrite(kws_model_data, 1, KWS_MODEL_BYTES, stdout);\n}\n"
    )
    program, output = tmp_path / "program", tmp_path / "out"
    run_tool(["g++", "-std=c++17", *FLAGS, f"-I{bundle}", str(tmp_path / "main.cc"),
              str(bundle / "model_data.cc"), "-o", str(program)])  # fmt: skip
    run_tool(["sh", "-c", f"{program} > {output}"])
    assert output.read_bytes() == (run / "model.tflite").read_bytes()


def test_the_resolver_compiles_against_its_interface(bundle: Path, tmp_path: Path) -> None:
    """TensorFlow Lite Micro's sources are in no package index: this is what the header uses of
    them, and that it adds each operator once and reports a failure."""
    folder = tmp_path / "tensorflow" / "lite" / "micro"
    folder.mkdir(parents=True)
    methods = re.findall(r"resolver\.(Add\w+)\(\)", (bundle / "kws_op_resolver.h").read_text())
    (folder / "micro_mutable_op_resolver.h").write_text(
        "#pragma once\nenum TfLiteStatus { kTfLiteOk, kTfLiteError };\n"
        "namespace tflite {\ntemplate <unsigned most> struct MicroMutableOpResolver {\n"
        "    unsigned added = 0;\n"
        "    TfLiteStatus add() { return added++ < most ? kTfLiteOk : kTfLiteError; }\n"
        + "".join(f"    TfLiteStatus {method}() {{ return add(); }}\n" for method in methods)
        + "};\n}\n"
    )
    # a MEAN of our own has a test in tests/firmware/boards
    (tmp_path / "kws_exact_resolver.h").write_text(
        '#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"\n'
        "template <unsigned most> using KwsExactResolver = tflite::MicroMutableOpResolver<most>;\n"
    )
    (tmp_path / "main.cc").write_text(
        '#include "kws_op_resolver.h"\n'
        "int main() {\n    KwsOpResolver once;\n"
        f"    if (kws_add_operators(once) != kTfLiteOk || once.added != {len(methods)}) return 1;\n"
        "    return kws_add_operators(once) == kTfLiteError ? 0 : 2;\n}\n"
    )
    program = tmp_path / "program"
    include = [f"-I{tmp_path}", *FLAGS, f"-I{bundle}"]  # the stand-ins first
    run_tool(["g++", "-std=c++17", *include, str(tmp_path / "main.cc"), "-o", str(program)])
    run_tool([str(program)])


@pytest.mark.parametrize("target", ["gcc", "clang", "cortex-m4f", "rv32imc"])
def test_it_compiles_without_a_warning(target: str, bundle: Path, tmp_path: Path) -> None:
    one = TARGETS[target]
    one.require()
    cxx = [one.compiler[0].replace("gcc", "g++").replace("clang", "clang++")]
    include = [*one.flags, *FLAGS, f"-I{bundle}"]
    for source in ("model_data.cc", "kws_frontend_tables.c", "kws_engine.c"):
        compiler = [*cxx, "-std=c++17"] if source.endswith(".cc") else [*one.compiler, "-std=c99"]
        run_tool([*compiler, *include, "-c", str(bundle / source), "-o", str(tmp_path / "o")])
    (tmp_path / "settings.c").write_text(
        '#include "kws_settings.h"\n'
        "const char *const names[KWS_LABELS] = KWS_LABEL_NAMES;\n"
        "unsigned char arena[KWS_ARENA_BYTES];\n"
        "int zero = KWS_SCORE_ZERO;\n"
    )
    run_tool([*one.compiler, "-std=c99", *include, "-c", str(tmp_path / "settings.c"),
              "-o", str(tmp_path / "o")])  # fmt: skip


@pytest.mark.parametrize("other", ["kws_model_data.h", "kws_frontend_tables.h", "kws_engine.h"])
def test_a_file_of_another_bundle_does_not_compile(
    other: str, bundle: Path, tmp_path: Path
) -> None:
    mixed = tmp_path / "mixed"
    shutil.copytree(bundle, mixed)
    text = (mixed / other).read_text()
    mark = {"kws_model_data.h": "KWS_MODEL 0x", "kws_engine.h": "KWS_ENGINE_MODEL 0x"}.get(
        other, "KWS_FRONTEND_CONFIG 0x"
    )
    digit = text.index(mark) + len(mark)
    changed = "1" if text[digit] == "0" else "0"
    (mixed / other).write_text(text[:digit] + changed + text[digit + 1 :])
    (tmp_path / "a.c").write_text('#include "kws_settings.h"\nint x;\n')
    with pytest.raises(TargetError, match=r"#error.*was generated for a different"):
        run_tool(["gcc", "-std=c99", *FLAGS, f"-I{mixed}", "-c", str(tmp_path / "a.c"),
                  "-o", str(tmp_path / "o")])  # fmt: skip


def test_somebodys_file_takes_the_same_path(tmp_path: Path) -> None:
    """Another front end shape than ours is refused, ours is taken: on synthesized speech."""
    file = tmp_path / "their.tflite"
    file.write_bytes(family("ds_cnn"))
    out = tmp_path / "model"
    command = ["--from-tflite", str(file), "--labels", ",".join(LABELS), "--out", str(out)]
    assert to_tflm.main(command) == 0
    manifest = json.loads((out / MANIFEST).read_text())
    assert set(manifest["accuracy"]) == {"tflite", "tflm", "native"}
    assert "synthesized speech" in manifest["tested"]
    assert "AddDepthwiseConv2D" in (out / "kws_op_resolver.h").read_text()
    assert "pads time" in manifest["stream"]["refused"]
    assert not (out / "kws_engine_stream.c").exists()


def test_a_model_that_never_pads_time_is_a_stream_as_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, out = tmp_path / "tcn.tflite", tmp_path / "model"
    file.write_bytes(family("tcn"))
    command = ["--from-tflite", str(file), "--labels", ",".join(LABELS), "--out", str(out)]
    assert to_tflm.main([*command, "--isolated"]) == 0
    # 240 windows of 49 frames, two at a time, from the 25th step on
    assert re.search(r"windowed = stream +70,272 of 70,272 values", capsys.readouterr().out)
    manifest = json.loads((out / MANIFEST).read_text())
    assert (manifest["stream"]["step_frames"], manifest["stream"]["decision_ms"]) == (2, 40)
    assert (manifest["detector"]["smoothed"], manifest["detector"]["decision_ms"]) == (10, 40)
    assert manifest["detector"]["isolated_ms"] == ISOLATED_MS
    assert check.main([str(out)]) == 0  # what it was made with is all in the manifest
    assert "STREAM_FIRST 25" in (out / "kws_engine_stream.h").read_text()
    run_tool(["gcc", "-std=c99", *FLAGS, f"-I{out}", "-c", str(out / "kws_engine_stream.c"),
              "-o", str(tmp_path / "o")])  # fmt: skip


def test_exports_are_checked_and_written(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import onnxruntime

    from train.models.keras import tf

    paths = {name: tmp_path / name for name in ("model.onnx", "phone.tflite", "saved")}
    command = ["--run", str(run), "--out", str(tmp_path / "model")]
    command += ["--onnx", str(paths["model.onnx"]), "--tflite", str(paths["phone.tflite"])]
    assert to_tflm.main([*command, "--saved-model", str(paths["saved"])]) == 0
    assert "ONNX Runtime decides the same on" in capsys.readouterr().out
    inputs = onnxruntime.InferenceSession(paths["model.onnx"]).get_inputs()
    assert [i.type for i in inputs] == ["tensor(int8)"]
    assert paths["phone.tflite"].read_bytes() == (run / "model.tflite").read_bytes()
    assert "serving_default" in tf.saved_model.load(str(paths["saved"])).signatures


def test_quantization_after_training_is_compared_with_floats(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is written if it lost no more than 0.3 points, and refused else; both is said."""
    code = to_tflm.main(["--run", str(run), "--ptq", "--out", str(tmp_path / "model")])
    printed = capsys.readouterr()
    assert "accuracy: Keras, float" in printed.out
    assert "float.h5 quantized after training" in printed.out
    written = (tmp_path / "model" / MANIFEST).is_file()
    assert written == (code == 0)
    assert written or "nothing was written" in printed.err
