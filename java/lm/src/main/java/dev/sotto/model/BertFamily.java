package dev.sotto.model;

import static dev.sotto.model.TensorPart.ATTENTION_NORM;
import static dev.sotto.model.TensorPart.ATTENTION_OUTPUT;
import static dev.sotto.model.TensorPart.DOWN;
import static dev.sotto.model.TensorPart.EMBEDDING_NORM;
import static dev.sotto.model.TensorPart.KEY;
import static dev.sotto.model.TensorPart.MLP_NORM;
import static dev.sotto.model.TensorPart.POSITION_TABLE;
import static dev.sotto.model.TensorPart.QUERY;
import static dev.sotto.model.TensorPart.TOKEN_TABLE;
import static dev.sotto.model.TensorPart.TYPE_TABLE;
import static dev.sotto.model.TensorPart.UP;
import static dev.sotto.model.TensorPart.VALUE;
import static java.util.Map.entry;

import dev.sotto.checkpoint.ModelConfigFile;
import dev.sotto.compute.Activation;
import dev.sotto.compute.AttentionMask;
import dev.sotto.compute.AttentionShape;
import dev.sotto.model.Architecture.ClassifierRow;
import dev.sotto.model.Architecture.HeadLayer;
import dev.sotto.model.TransformerConfig.AttentionSpec;
import dev.sotto.model.TransformerConfig.BlockSpec;
import dev.sotto.model.TransformerConfig.EmbeddingSpec;
import dev.sotto.model.TransformerConfig.MlpSpec;
import dev.sotto.model.TransformerConfig.NoHead;
import dev.sotto.model.TransformerConfig.NormPlace;
import dev.sotto.model.TransformerConfig.NormSpec;
import dev.sotto.model.TransformerConfig.PositionSpec;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Encoders: attention sees the whole sequence, norms stand behind the sums, and a head reads the
 * first token.
 */
final class BertFamily {
  private static final Map<TensorPart, String> NAMES =
      Map.ofEntries(
          entry(TOKEN_TABLE, "embeddings.word_embeddings.weight"),
          entry(POSITION_TABLE, "embeddings.position_embeddings.weight"),
          entry(TYPE_TABLE, "embeddings.token_type_embeddings.weight"),
          entry(EMBEDDING_NORM, "embeddings.LayerNorm"),
          entry(QUERY, "encoder.layer.{l}.attention.self.query"),
          entry(KEY, "encoder.layer.{l}.attention.self.key"),
          entry(VALUE, "encoder.layer.{l}.attention.self.value"),
          entry(ATTENTION_OUTPUT, "encoder.layer.{l}.attention.output.dense"),
          entry(ATTENTION_NORM, "encoder.layer.{l}.attention.output.LayerNorm"),
          entry(UP, "encoder.layer.{l}.intermediate.dense"),
          entry(DOWN, "encoder.layer.{l}.output.dense"),
          entry(MLP_NORM, "encoder.layer.{l}.output.LayerNorm"));

  private static final List<String> TARGETS = List.of("query", "key", "value", "output.dense");

  private static final Architecture BERT =
      Architecture.encoder(
          "bert",
          "BERT, MiniLM",
          BertFamily::bert,
          NAMES,
          TARGETS,
          new ClassifierRow(
              List.of(
                  HeadLayer.frozen("bert.pooler.dense", Activation.TANH),
                  HeadLayer.last("classifier", true)),
              "(bert\\.)?pooler\\..*|cls\\..*"));

  private static final Architecture ROBERTA =
      Architecture.encoder(
          "roberta",
          "RoBERTa",
          BertFamily::roberta,
          NAMES,
          TARGETS,
          new ClassifierRow(
              List.of(
                  HeadLayer.trained("classifier.dense", Activation.TANH),
                  HeadLayer.last("classifier.out_proj", true)),
              "(roberta\\.)?pooler\\..*|lm_head\\..*"));

  private static final Architecture DISTILBERT =
      Architecture.encoder(
          "distilbert",
          "DistilBERT",
          BertFamily::distilBert,
          Map.ofEntries(
              entry(TOKEN_TABLE, "embeddings.word_embeddings.weight"),
              entry(POSITION_TABLE, "embeddings.position_embeddings.weight"),
              entry(EMBEDDING_NORM, "embeddings.LayerNorm"),
              entry(QUERY, "transformer.layer.{l}.attention.q_lin"),
              entry(KEY, "transformer.layer.{l}.attention.k_lin"),
              entry(VALUE, "transformer.layer.{l}.attention.v_lin"),
              entry(ATTENTION_OUTPUT, "transformer.layer.{l}.attention.out_lin"),
              entry(ATTENTION_NORM, "transformer.layer.{l}.sa_layer_norm"),
              entry(UP, "transformer.layer.{l}.ffn.lin1"),
              entry(DOWN, "transformer.layer.{l}.ffn.lin2"),
              entry(MLP_NORM, "transformer.layer.{l}.output_layer_norm")),
          List.of("q_lin", "k_lin", "v_lin", "out_lin"),
          new ClassifierRow(
              List.of(
                  HeadLayer.trained("pre_classifier", Activation.RELU),
                  HeadLayer.last("classifier", true)),
              "vocab_(transform|layer_norm|projector)\\..*"));

  static final List<Architecture> ROWS = List.of(BERT, ROBERTA, DISTILBERT);

  private BertFamily() {}

  private static TransformerConfig bert(ModelConfigFile file) {
    ConfigValues values = new ConfigValues(file);
    int positions = values.sizeOr(512, "max_position_embeddings");
    return bertLike(values, new PositionSpec(positions, 0));
  }

  /** Positions are counted from behind the padding token's id. */
  private static TransformerConfig roberta(ModelConfigFile file) {
    ConfigValues values = new ConfigValues(file);
    int rows = values.sizeOr(512, "max_position_embeddings");
    int offset = file.intOr(1, "pad_token_id") + 1;
    if (offset < 0 || offset >= rows) {
      throw values.wrong(
          "pad_token_id " + (offset - 1) + " leaves no row of max_position_embeddings " + rows);
    }
    return bertLike(values, new PositionSpec(rows, offset));
  }

  private static TransformerConfig bertLike(ConfigValues values, PositionSpec positions) {
    ModelConfigFile file = values.file();
    values.refuse(
        !file.stringOr("absolute", "position_embedding_type").equals("absolute"),
        "a position_embedding_type other than absolute");
    values.refuse(file.booleanOr(false, "is_decoder"), "is_decoder");
    return encoder(
        values,
        new Sizes(
            values.size("hidden_size"),
            values.size("num_attention_heads"),
            values.size("intermediate_size"),
            values.size("num_hidden_layers")),
        positions,
        values.sizeOr(2, "type_vocab_size"),
        values.norm(NormSpec.Kind.LAYER, "layer_norm_eps", 1e-12),
        values.activation("hidden_act", "gelu"));
  }

  /** LayerNorm's ε is in the code alone; tables of sines are stored like learned ones. */
  private static TransformerConfig distilBert(ModelConfigFile file) {
    ConfigValues values = new ConfigValues(file);
    return encoder(
        values,
        new Sizes(
            values.size("dim", "hidden_size"),
            values.size("n_heads", "num_attention_heads"),
            values.size("hidden_dim"),
            values.size("n_layers", "num_hidden_layers")),
        new PositionSpec(values.sizeOr(512, "max_position_embeddings"), 0),
        0,
        new NormSpec(NormSpec.Kind.LAYER, 1e-12f, false),
        values.activation("activation", "gelu"));
  }

  private record Sizes(int hidden, int heads, int inner, int layers) {}

  private static TransformerConfig encoder(
      ConfigValues values,
      Sizes sizes,
      PositionSpec positions,
      int tokenTypes,
      NormSpec norm,
      Activation activation) {
    int headDim =
        values.headDim(sizes.hidden(), sizes.heads(), "hidden_size", "num_attention_heads");
    AttentionShape shape =
        ConfigValues.causal(sizes.heads(), sizes.heads(), headDim, 0).withMask(AttentionMask.FULL);
    BlockSpec block =
        new BlockSpec(
            NormPlace.POST,
            norm,
            new AttentionSpec(shape, Optional.empty(), true, true),
            new MlpSpec(sizes.inner(), activation, false, true));
    return new TransformerConfig(
        values.file().requiredString("model_type"),
        sizes.hidden(),
        positions.rows() - positions.offset(),
        new EmbeddingSpec(
            values.size("vocab_size"), Optional.of(positions), tokenTypes, Optional.of(norm), 1f),
        Collections.nCopies(sizes.layers(), block),
        Optional.empty(),
        new NoHead());
  }
}
