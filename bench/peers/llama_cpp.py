"""Converts exported model folders with llama.cpp's `convert_hf_to_gguf.py` and compares what it writes with what it read.

Started by `node bench/llama-cpp.mjs`, with the path of a JSON file: a list of models, each with its folder and the path of the GGUF
file to write. SOAR_LLAMA_CPP names a checkout of llama.cpp. Prints one line of JSON. Needs torch, transformers and sentencepiece.

The converter knows the tokenizers of published models by how they split a text, and refuses any other, as those of our tiny models.
For these, models without `encodings`, its function that writes the tokenizer is replaced by `vocabulary_alone`: the file
then has the weights, and cannot split a text. A model with encodings, texts with our ids, goes through the converter as it is.
"""

import json
import os
import re
import sys

checkout = os.environ["SOAR_LLAMA_CPP"]
sys.path[:0] = [checkout, os.path.join(checkout, "gguf-py")]

import convert_hf_to_gguf as converter
import gguf
import numpy as np
import tokenizers
import torch
import transformers
from conversion import get_model_class
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoTokenizer

# GGUF's names of the tensors of a decoder of the Llama kind.
NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def gguf_name(name):
    module, kind = name.rsplit(".", 1)
    layer = re.fullmatch(r"model\.layers\.(\d+)\.(.+)", module)
    return f"blk.{layer[1]}.{NAMES[layer[2]]}.{kind}" if layer else f"{NAMES[module]}.{kind}"


def interleaved(values, heads):
    """Rows of queries or keys, [heads x head size, ...]: from halves side by side to pairs, which is how GGUF's `llama` rotates."""
    size = len(values) // heads
    rows = [head * size + pair + half * size // 2 for head in range(heads) for pair in range(size // 2) for half in range(2)]
    return values[rows]


def convert(folder, path, tokenizes):
    sys.argv = ["convert_hf_to_gguf.py", "--outtype", "f32", "--outfile", path, folder]
    with open(os.path.join(folder, "config.json")) as file:
        model = get_model_class(json.load(file)["architectures"][0])
    own = model.set_vocab
    if not tokenizes:
        model.set_vocab = vocabulary_alone
    try:
        converter.main()
    finally:
        model.set_vocab = own


def vocabulary_alone(self):
    """In place of the converter's function for tokenizers: tokens by id, and one merge, which llama.cpp wants to see."""
    tokenizer = Tokenizer.from_file(str(self.dir_model / "tokenizer.json"))
    tokens = [tokenizer.id_to_token(i) or f"[PAD{i}]" for i in range(self.hparams["vocab_size"])]
    marks = tokenizer.get_added_tokens_decoder()
    kinds = [gguf.TokenType.CONTROL if i in marks else gguf.TokenType.NORMAL for i in range(len(tokens))]
    self.gguf_writer.add_tokenizer_model("gpt2")
    self.gguf_writer.add_tokenizer_pre("default")
    self.gguf_writer.add_token_list(tokens)
    self.gguf_writer.add_token_types(kinds)
    self.gguf_writer.add_token_merges([f"{tokens[0]} {tokens[0]}"])
    gguf.SpecialVocab(self.dir_model, load_merges=False).add_to_gguf(self.gguf_writer)


def compare(case):
    folder, path = case["folder"], case["gguf"]
    encodings = case.get("encodings", [])
    tokenizes = len(encodings) > 0
    wrong = 0
    convert(folder, path, tokenizes)
    reader = gguf.GGUFReader(path)
    config = AutoConfig.from_pretrained(folder)
    field = lambda name: reader.fields[name].contents() if name in reader.fields else None
    faults = tensor_faults(folder, reader, config, field("general.architecture"))
    found = len(reader.tensors)
    faults += [*config_faults(config, field)]
    faults += [*id_faults(folder, field)]
    if tokenizes:
        faults += [*token_faults(folder, field)]
        tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
        wrong = sum(tokenizer.encode(each["text"]).ids != each["ids"] for each in encodings)
    return {
        "name": case["name"],
        "architecture": field("general.architecture"),
        "tokenizer": f"{field('tokenizer.ggml.model')}/{field('tokenizer.ggml.pre')}" if tokenizes else None,
        "tensors": found,
        "tokens": len(field("tokenizer.ggml.tokens")),
        "faults": faults,
        "wrongEncodings": wrong,
    }


def tensor_faults(folder, reader, config, architecture):
    found = {tensor.name: tensor.data for tensor in reader.tensors}
    faults = []
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
    for name, tensor in load_file(os.path.join(folder, "model.safetensors")).items():
        values = tensor.numpy()
        module = name.split(".")[-2]
        if module in heads and not architecture.startswith("qwen"):
            values = interleaved(values, heads[module])
        other = found.pop(gguf_name(name), None)
        if other is None or other.dtype != np.float32 or not np.array_equal(other, values):
            faults.append(f"{name} is not {gguf_name(name)}")
    if config.rope_parameters["rope_type"] == "llama3":
        faults += [] if "rope_freqs.weight" in found else ["rope_freqs.weight is missing"]
        found.pop("rope_freqs.weight", None)
    return faults + [f"{name} is of no tensor" for name in found]


def config_faults(config, field):
    kind = field("general.architecture")
    rope = config.rope_parameters
    wanted = {
        "block_count": config.num_hidden_layers,
        "context_length": config.max_position_embeddings,
        "embedding_length": config.hidden_size,
        "feed_forward_length": config.intermediate_size,
        "attention.head_count": config.num_attention_heads,
        "attention.head_count_kv": config.num_key_value_heads,
        "attention.layer_norm_rms_epsilon": np.float32(config.rms_norm_eps),
        "rope.freq_base": np.float32(rope["rope_theta"]),
    }
    if rope["rope_type"] == "linear":
        wanted |= {"rope.scaling.type": "linear", "rope.scaling.factor": np.float32(rope["factor"])}
    for name, value in wanted.items():
        if field(f"{kind}.{name}") != value:
            yield f"{name} is {field(f'{kind}.{name}')}, not {value}"
    # Written where config.json names it.
    plain = config.hidden_size // config.num_attention_heads
    size, found = getattr(config, "head_dim", None) or plain, field(f"{kind}.attention.key_length") or plain
    if found != size:
        yield f"the head size is {found}, not {size}"


def id_faults(folder, field):
    with open(os.path.join(folder, "config.json")) as file:
        config = json.load(file)
    for role in ["bos", "eos"]:
        wanted, found = config.get(f"{role}_token_id"), field(f"tokenizer.ggml.{role}_token_id")
        if wanted is not None and found not in (wanted if isinstance(wanted, list) else [wanted]):
            yield f"{role}_token_id is {found}, not {wanted}"


def token_faults(folder, field):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokens = field("tokenizer.ggml.tokens")
    for token, i in tokenizer.get_vocab().items():
        if tokens[i] != token:
            yield f"token {i} is {tokens[i]!r}, not {token!r}"
    with open(os.path.join(folder, "tokenizer.json")) as file:
        merges = json.load(file)["model"]["merges"]
    # The other form, `llama`, is SentencePiece's: it merges by the tokens' order.
    if field("tokenizer.ggml.model") == "gpt2":
        if field("tokenizer.ggml.merges") != [merge if isinstance(merge, str) else " ".join(merge) for merge in merges]:
            yield "the merges differ"
    if field("tokenizer.chat_template") != tokenizer.chat_template:
        yield "the chat template differs"


with open(sys.argv[1]) as file:
    cases = json.load(file)
about = f"torch {torch.__version__}, transformers {transformers.__version__}, tokenizers {tokenizers.__version__}"
print(json.dumps({"about": about, "models": [compare(case) for case in cases]}))
