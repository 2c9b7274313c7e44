package dev.sotto.model;

import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.model.ClassifierSpec.DenseLayer;
import dev.sotto.model.LayerWeights.AttentionWeights;
import dev.sotto.model.LayerWeights.BranchNorms;
import dev.sotto.model.LayerWeights.MlpWeights;
import dev.sotto.model.TransformerConfig.AttentionSpec;
import dev.sotto.model.TransformerConfig.BlockSpec;
import dev.sotto.model.TransformerConfig.MlpSpec;
import dev.sotto.model.TransformerConfig.NormSpec;
import dev.sotto.model.TransformerConfig.QueryKeyNorm;
import java.util.ArrayList;
import java.util.List;

/**
 * Asks a source for the tensors of blocks and dense layers, by the names of an architecture.
 *
 * @param architecture gives the names
 * @param config gives the shapes
 * @param precision of matrices
 * @param source gives the tensors
 */
record LayerWeightsReader(
    Architecture architecture, TransformerConfig config, Precision precision, WeightSource source) {

  /** The weights of a block. */
  LayerWeights layer(int l) {
    BlockSpec block = config.block(l);
    return new LayerWeights(attention(block, l), mlp(block, l));
  }

  private AttentionWeights attention(BlockSpec block, int l) {
    AttentionSpec attention = block.attention();
    int hidden = config.hiddenSize();
    BranchNorms norms =
        norms(block, TensorPart.ATTENTION_NORM, TensorPart.ATTENTION_OUTPUT_NORM, l);
    List<LinearWeights> queryKeyValue = new ArrayList<>();
    for (TensorPart part : architecture.queryKeyValue()) {
      int width =
          switch (part) {
            case QUERY_KEY_VALUE -> attention.qkvWidth();
            case QUERY -> attention.queryWidth();
            default -> attention.keyWidth();
          };
      queryKeyValue.add(linear(part, l, hidden, width, attention.inputBias()));
    }
    NormLayerWeights queryNorm = null;
    NormLayerWeights keyNorm = null;
    if (attention.queryKeyNorm() != QueryKeyNorm.NONE) {
      boolean each = attention.queryKeyNorm() == QueryKeyNorm.EACH_HEAD;
      int headDim = attention.shape().headDim();
      String query = architecture.path(TensorPart.QUERY_NORM, l);
      String key = architecture.path(TensorPart.KEY_NORM, l);
      queryNorm = norm(source, query, block.norm(), each ? headDim : attention.queryWidth());
      keyNorm = norm(source, key, block.norm(), each ? headDim : attention.keyWidth());
    }
    LinearWeights output =
        linear(
            TensorPart.ATTENTION_OUTPUT, l, attention.queryWidth(), hidden, attention.outputBias());
    return new AttentionWeights(norms, queryKeyValue, queryNorm, keyNorm, output);
  }

  private MlpWeights mlp(BlockSpec block, int l) {
    MlpSpec mlp = block.mlp();
    int hidden = config.hiddenSize();
    int inner = mlp.innerSize();
    BranchNorms norms = norms(block, TensorPart.MLP_NORM, TensorPart.MLP_OUTPUT_NORM, l);
    List<LinearWeights> gateUp = new ArrayList<>();
    for (TensorPart part : architecture.gateUp()) {
      int width = part == TensorPart.GATE_UP ? 2 * inner : inner;
      gateUp.add(linear(part, l, hidden, width, mlp.bias()));
    }
    return new MlpWeights(norms, gateUp, linear(TensorPart.DOWN, l, inner, hidden, mlp.bias()));
  }

  private BranchNorms norms(BlockSpec block, TensorPart first, TensorPart second, int l) {
    int hidden = config.hiddenSize();
    NormLayerWeights norm = norm(source, architecture.path(first, l), block.norm(), hidden);
    boolean both = block.place().input() && block.place().output();
    return new BranchNorms(
        norm, both ? norm(source, architecture.path(second, l), block.norm(), hidden) : null);
  }

  private LinearWeights linear(TensorPart part, int l, int in, int out, boolean biased) {
    String module = architecture.path(part, l);
    boolean inByOut = architecture.inByOut();
    DeviceBuffer weight =
        source.matrix(module + ".weight", precision, inByOut ? in : out, inByOut ? out : in);
    DeviceBuffer bias = biased ? source.tensor(module + ".bias", ElementType.F32, out) : null;
    return new LinearWeights(module, in, out, inByOut, weight, bias);
  }

  /** A layer of a head, [out, in] in every architecture; without weights where none are stored. */
  LinearWeights dense(DenseLayer layer) {
    String module = layer.module();
    if (layer.trained() && !source.has(module + ".weight")) {
      return new LinearWeights(module, layer.in(), layer.out(), false, null, null);
    }
    ElementType type = layer.trained() ? ElementType.F32 : precision.matrices();
    DeviceBuffer weight = source.tensor(module + ".weight", type, layer.out(), layer.in());
    DeviceBuffer bias =
        layer.bias() ? source.tensor(module + ".bias", ElementType.F32, layer.out()) : null;
    return new LinearWeights(module, layer.in(), layer.out(), false, weight, bias);
  }

  /** The scale, and of LayerNorm the shift, of a norm over {@code channels}. */
  static NormLayerWeights norm(WeightSource source, String module, NormSpec norm, int channels) {
    String gamma = module + ".weight";
    DeviceBuffer beta =
        norm.kind() == NormSpec.Kind.LAYER
            ? source.tensor(module + ".bias", ElementType.F32, channels)
            : null;
    return new NormLayerWeights(
        norm.gainFromOne()
            ? source.gainFromOne(gamma, channels)
            : source.tensor(gamma, ElementType.F32, channels),
        beta);
  }
}
