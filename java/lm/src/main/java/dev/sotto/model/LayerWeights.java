package dev.sotto.model;

import java.util.ArrayList;
import java.util.List;

/**
 * The weights of one block.
 *
 * @param attention of its first branch
 * @param mlp of its second
 */
record LayerWeights(AttentionWeights attention, MlpWeights mlp) {
  /**
   * A branch's norms.
   *
   * @param norm the one that every branch has
   * @param output the second one, behind the branch; null unless there are two
   */
  record BranchNorms(NormLayerWeights norm, NormLayerWeights output) {}

  /**
   * Attention.
   *
   * @param norms of the branch
   * @param queryKeyValue projections whose outputs stand side by side in a row of queries, keys and
   *     values
   * @param queryNorm of queries; null where they are not normed
   * @param keyNorm of keys; null where they are not normed
   * @param output projection back to the residual stream
   */
  record AttentionWeights(
      BranchNorms norms,
      List<LinearWeights> queryKeyValue,
      NormLayerWeights queryNorm,
      NormLayerWeights keyNorm,
      LinearWeights output) {}

  /**
   * The MLP.
   *
   * @param norms of the branch
   * @param gateUp projections whose outputs stand side by side in a row: gate and up, or up alone
   * @param down projection back to the residual stream
   */
  record MlpWeights(BranchNorms norms, List<LinearWeights> gateUp, LinearWeights down) {}

  /** Every projection, in the order of the forward pass. */
  List<LinearWeights> linears() {
    List<LinearWeights> all = new ArrayList<>(attention.queryKeyValue());
    all.add(attention.output());
    all.addAll(mlp.gateUp());
    all.add(mlp.down());
    return all;
  }
}
