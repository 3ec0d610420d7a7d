using System.Globalization;
using Quern.Admin.V1;
using Quern.Peers.Estate;

namespace Quern.Peers.Admin;

/// <summary>The journal, as far as it tells what people did.</summary>
internal static class AuditArea
{
    public static async Task<AdminAnswer> QueryAsync(IAuditDesk desk, AdminRequest request, RQ_QueryAudit asked, CancellationToken cancellationToken)
    {
        if (!Times.TryRead(asked.From, out var from) || !Times.TryRead(asked.To, out var to)) return AdminAnswers.Of(new RS_QueryAudit());
        var page = await desk.QueryAsync(
            request.Who, new AuditQuery(from, to, asked.Actor, asked.ActionPrefix, Pages.Size(asked.PageSize), asked.PageToken), cancellationToken);
        if (page is null) return AdminAnswers.Of(new RS_QueryAudit());
        var (entries, next) = Pages.Fitting(page, Of, entry => entry.Sequence.ToString(CultureInfo.InvariantCulture));
        return AdminAnswers.Of(new RS_QueryAudit { Entry = { entries }, NextPageToken = next });
    }

    private static RS_QueryAudit.Types.Entry Of(AuditEntry entry) => new()
    {
        Sequence = entry.Sequence,
        Timestamp = Times.Of(entry.Time),
        Actor = entry.Actor,
        RemoteAddress = entry.Address,
        Action = entry.Kind,
        Target = entry.Subject,
        Detail = entry.Detail,
    };
}
