package dev.sotto.compute.jni;

import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/** Tells JavaCPP to turn {@code sotto.h} and {@code ops.h} into the class {@code SottoNative}. */
@Properties(
    value =
        @Platform(
            include = {"sotto/sotto.h", "sotto/transformer_ops.h", "sotto/ops.h"},
            link = "sotto"),
    target = "dev.sotto.compute.jni",
    global = "dev.sotto.compute.jni.SottoNative")
public class SottoConfig implements InfoMapper {
  /** For JavaCPP. */
  public SottoConfig() {}

  @Override
  public void map(InfoMap infoMap) {
    infoMap.put(new Info("SOTTO_API").cppTypes().annotations());
    infoMap.put(new Info("sotto_backend").pointerTypes("BackendHandle"));
  }
}
