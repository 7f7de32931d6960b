"""Records what src/evaluate/diversity/sentence-encoder.test.ts compares with: a tiny random BERT as a sentence encoder, in the folder
form of sentence-transformers with its graph as ONNX, and the embeddings that sentence-transformers computes with it.

    pip install torch==2.13.0 transformers==5.18.0 sentence-transformers==6.0.1 onnx==1.23.1 onnxscript==0.7.2
    python bench/peers/sentence-encoder/record.py
"""

import json
import shutil
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.models import Normalize, Pooling, Transformer
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

HERE = Path(__file__).parent
TEXTS = [
    "What is 1 + 1?",
    "what is 1+1?",
    "Find the area of the triangle with sides 3, 4, 5.",
    "Über 2^{10} solutions, \\frac{1}{2} of them real",
    "x",
    # Longer than the encoder reads.
    "how many " * 40,
]


def tokenizer() -> PreTrainedTokenizerFast:
    characters = "abcdefghijklmnopqrstuvwxyz0123456789+-*/^{}()\\=?.,_"
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *characters, *("##" + c for c in characters), "what", "the", "is", "of", "how", "many"]
    inner = Tokenizer(models.WordPiece({piece: i for i, piece in enumerate(pieces)}, unk_token="[UNK]"))
    inner.normalizer = normalizers.BertNormalizer(lowercase=True)
    inner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    inner.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", model_max_length=48
    )


class Graph(torch.nn.Module):
    def __init__(self, model: BertModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.model(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids, use_cache=False
        ).last_hidden_state


def main() -> None:
    torch.manual_seed(0)
    words = tokenizer()
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=48, initializer_range=0.5,
    )
    model = BertModel(config, add_pooling_layer=False).eval()
    source = HERE / "source"
    model.save_pretrained(source)
    words.save_pretrained(source)

    transformer = Transformer(str(source), max_seq_length=48)
    encoder = SentenceTransformer(modules=[transformer, Pooling(16, pooling_mode="mean"), Normalize()], device="cpu")
    folder = HERE / "models" / "bert"
    shutil.rmtree(folder, ignore_errors=True)
    encoder.save(str(folder), create_model_card=False)
    for name in ("model.safetensors", "README.md"):
        (folder / name).unlink(missing_ok=True)

    batch = words(TEXTS[:3], padding=True, return_tensors="pt")
    (folder / "onnx").mkdir()
    torch.onnx.export(
        Graph(model),
        (batch["input_ids"], batch["attention_mask"], torch.zeros_like(batch["input_ids"])),
        str(folder / "onnx" / "model.onnx"),
        input_names=["input_ids", "attention_mask", "token_type_ids"],
        output_names=["last_hidden_state"],
        dynamic_axes={name: {0: "batch", 1: "length"} for name in ("input_ids", "attention_mask", "token_type_ids", "last_hidden_state")},
        dynamo=False,
    )
    embeddings = encoder.encode(TEXTS, batch_size=len(TEXTS))
    (HERE / "models" / "expected.json").write_text(
        json.dumps({"texts": TEXTS, "embeddings": [[float(f"{x:.8g}") for x in row] for row in embeddings]}, indent=1) + "\n"
    )
    shutil.rmtree(source)


main()
