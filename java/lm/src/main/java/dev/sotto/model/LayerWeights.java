package dev.sotto.model;

import java.util.ArrayList;
import java.util.List;

/**
 * The weights of one block.
 *
 * @param attentionNorm norm before attention
 * @param queryKeyValue projections whose outputs stand side by side in a row of queries, keys and
 *     values
 * @param attentionOutput projection back to the residual stream
 * @param mlpNorm norm before the MLP
 * @param gate gate projection, null unless the MLP is gated
 * @param up first projection of the MLP
 * @param down second projection of the MLP
 */
record LayerWeights(
    NormLayerWeights attentionNorm,
    List<LinearWeights> queryKeyValue,
    LinearWeights attentionOutput,
    NormLayerWeights mlpNorm,
    LinearWeights gate,
    LinearWeights up,
    LinearWeights down) {

  /** Every projection, in the order of the forward pass. */
  List<LinearWeights> linears() {
    List<LinearWeights> all = new ArrayList<>(queryKeyValue);
    all.add(attentionOutput);
    if (gate != null) {
      all.add(gate);
    }
    all.add(up);
    all.add(down);
    return all;
  }
}
