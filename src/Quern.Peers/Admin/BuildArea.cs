using Google.Protobuf;
using Quern.Admin.V1;
using Quern.Peers.Estate;

namespace Quern.Peers.Admin;

/// <summary>Agents made to order.</summary>
internal sealed class BuildArea(IAgentBuilds desk)
{
    private const int MaxPart = 1024 * 1024;

    /// <summary>
    /// Answers at once that it is accepted, and tells how it goes as events. An inherited client knows neither: it is answered when the
    /// agent is built, or not.
    /// </summary>
    public async Task<AdminAnswer> BuildAsync(AdminRequest request, RQ_BuildAgent asked, CancellationToken cancellationToken)
    {
        var generator = asked.GeneratorOptions ?? new RQ_BuildAgent.Types.GeneratorOptions();
        string platform = AgentWords.PlatformOf(generator.Os, generator.Arch);
        if (platform.Length == 0 && (generator.Os != OsType.OsUnknown || generator.Arch != ArchType.ArchUnknown))
            return AdminAnswers.Of(RS_BuildAgent.BuildAgentInvalidOptions, new ResultTail { Detail = "Quern's agent is for Linux; give 'os' and 'arch' of it, or neither.", Field = "generator_options" });
        var target = asked.DeploymentOptions is { } ssh ? Target(ssh) : null;
        int stream = asked.ProgressStreamId;
        bool waits = !request.Peer.Results;
        var answer = await desk.BuildAsync(request.Who, new AgentOrder(asked.Group, platform, asked.PackagerOptions?.Format ?? "", target), progress =>
        {
            bool ends = progress.Step is AgentBuildStep.Done or AgentBuildStep.Error;
            if (stream != 0) request.Voice.Tell(Of(progress), stream);
            if (ends && waits)
                request.Voice.Answer(request, AdminAnswers.Of(progress.Step == AgentBuildStep.Done ? RS_BuildAgent.BuildAgentOk : RS_BuildAgent.BuildAgentFailed));
        }, cancellationToken);
        if (answer.Succeeded && waits) return new AdminAnswer.Later();
        var tail = AdminAnswers.Tail(answer);
        if (answer.Succeeded) (tail ??= new ResultTail()).Build = new BuildTicket { BuildId = answer.Id };
        return AdminAnswers.Of(answer.Code switch
        {
            EstateCode.Accepted or EstateCode.Done => RS_BuildAgent.BuildAgentAccepted,
            EstateCode.Denied => RS_BuildAgent.BuildAgentAccessDenied,
            EstateCode.UnknownGroup or EstateCode.NotFound => RS_BuildAgent.BuildAgentUnknownGroup,
            EstateCode.InvalidOptions or EstateCode.InvalidConfig or EstateCode.InvalidAddress or EstateCode.InvalidName => RS_BuildAgent.BuildAgentInvalidOptions,
            EstateCode.QueueFull => RS_BuildAgent.BuildAgentQueueFull,
            _ => RS_BuildAgent.BuildAgentFailed,
        }, tail);
    }

    public async Task<AdminAnswer> FetchAsync(AdminRequest request, RQ_FetchArtifact asked, CancellationToken cancellationToken)
    {
        int most = asked.MaxBytes == 0 ? MaxPart : (int)Math.Min(asked.MaxBytes, MaxPart);
        if (asked.Offset < 0 || await desk.FetchAsync(request.Who, asked.BuildId, asked.Offset, most, cancellationToken) is not { } part)
            return AdminAnswers.Of(new RS_FetchArtifact());
        return AdminAnswers.Of(new RS_FetchArtifact
        {
            Data = UnsafeByteOperations.UnsafeWrap(part.Data),
            Offset = part.Offset,
            Total = part.Total,
            End = part.Offset + part.Data.Length >= part.Total,
        });
    }

    private static SshTarget Target(RQ_BuildAgent.Types.DeploymentOptions ssh) =>
        new(ssh.SshHost, ssh.SshPort == 0 ? 22 : ssh.SshPort, ssh.SshUsername, ssh.SshHostKeySha256)
        {
            Password = ssh.SshPassword,
            PrivateKey = ssh.SshPrivateKey.Memory,
            Passphrase = ssh.SshKeyPassphrase,
            InstallPath = ssh.InstallPath,
        };

    private static EV_BuildProgress Of(AgentProgress progress) => new()
    {
        BuildId = progress.Build,
        Step = (EV_BuildProgress.Types.Step)(int)progress.Step,
        Percent = (uint)Math.Clamp(progress.Percent, 0, 100),
        Message = progress.Message,
        Result = progress.Artifact is not { } artifact ? null : new BuildTicket
        {
            BuildId = progress.Build,
            ArtifactName = artifact.Name,
            ArtifactSize = artifact.Bytes,
            ArtifactSha256 = ByteString.CopyFrom(artifact.Sha256.Span),
            EnrolmentTokenId = artifact.KeyId,
        },
    };
}
