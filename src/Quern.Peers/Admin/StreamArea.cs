using Quern.Admin.V1;

namespace Quern.Peers.Admin;

/// <summary>State streams.</summary>
internal sealed class StreamArea : IDisposable
{
    public Task<AdminAnswer> OpenAsync(AdminRequest request, RQ_STStream asked, CancellationToken cancellationToken) =>
        Task.FromResult<AdminAnswer>(AdminAnswers.Of(RS_STStream.StStreamInvalid));

    public AdminAnswer Stop(AdminRequest request, RQ_StopStream asked) => AdminAnswers.Of(RS_StopStream.StopStreamInvalid);

    public void Forget(IAdminVoice voice) { }

    public void Dispose() { }
}
