import { stackRule } from "../../rule.ts";
import { isOn } from "../../values.ts";

export const ecrHygiene = stackRule({
  id: "ecr-hygiene",
  title: "Image repositories scan what is pushed, keep tags as they are, and let old images go",
  severity: "high",
  level: "mandatory",
  frameworks: [
    "FSBP ECR.1",
    "FSBP ECR.2",
    "FSBP ECR.3",
    "CT CT.ECR.PR.1",
    "CT CT.ECR.PR.2",
    "CT CT.ECR.PR.3",
    "CKV CKV_AWS_51",
    "CKV CKV_AWS_163",
  ],
  remediation:
    "Set imageTagMutability IMMUTABLE and scanOnPush (or scan the whole registry), and add a lifecycle policy.",
  kinds: ["aws:ecr/Repository"],
  check(repository, { found, stack }) {
    const { imageTagMutability, imageScanningConfiguration } = repository.props;
    if (!/^IMMUTABLE/.test(imageTagMutability ?? "")) found("lets tags be moved", "imageTagMutability");
    const scansAll = stack
      .of("aws:ecr/RegistryScanningConfiguration")
      .some(({ props }) => props.scanType === "ENHANCED" || (props.rules ?? []).length > 0);
    if (!isOn(imageScanningConfiguration?.scanOnPush) && !scansAll) {
      found("does not scan what is pushed", "imageScanningConfiguration.scanOnPush");
    }
    if (stack.pointingAt(repository, "aws:ecr/LifecyclePolicy", "repository").length === 0) {
      found("keeps every image for ever");
    }
  },
});
